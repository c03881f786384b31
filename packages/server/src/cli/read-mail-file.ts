/**
 * A saved mail (.eml) as a `mail.received` event, exactly as the IMAP source would make it. The only file here that
 * reaches into a connector: whoever feeds old mail in by hand must get the same event id, or duplicates are not seen.
 */
import { parseMail, type MailRefusal } from '@carillon/connectors/imap/pec/parse-mail'
import type { FileEvents, MailOrigin } from './read-event-file.ts'

const remedies: Readonly<Record<MailRefusal, string>> = {
  empty: 'save the mail again',
  too_large: 'this one has to be handled by hand',
  not_a_message: 'give a mail saved with all its headers (.eml), or a .json file with events',
  headers_too_large: 'this one has to be handled by hand',
  too_many_parts: 'this one has to be handled by hand',
  too_deep: 'this one has to be handled by hand',
  unparsable: 'save the mail again, as the server has it',
}

/** The event in the bytes of one message; never rejects for what is in them. */
export const readMailFile = async (raw: Uint8Array, context: MailOrigin): Promise<FileEvents> => {
  const parsed = await parseMail(raw, context)
  if (!parsed.ok) {
    return {
      ok: false,
      reason: `is no usable mail: ${parsed.detail}. Remedy: ${remedies[parsed.reason]}.`,
    }
  }
  const { event, warnings } = parsed
  const { pec_type: pecType, direction } = event.data
  const label = `${event.type} ${pecType}, ${direction}`
  return { ok: true, events: [{ ok: true, json: JSON.stringify(event), label }], notes: warnings }
}

/** Parses a mail that must be readable. Test support: no production file imports it. */
import { parseMail, type MailContext, type MailReceivedEvent } from './parse-mail.ts'
import type { PecData } from './pec-data.ts'
import { pecMail, type PecFixture } from './pec-fixture.ts'

/** The event of a mail given as bytes or as its lines. Throws when it is refused. */
export const eventOf = async (
  mail: Uint8Array | readonly string[],
  context?: MailContext,
): Promise<MailReceivedEvent> => {
  const raw = mail instanceof Uint8Array ? mail : Buffer.from(mail.join('\r\n'))
  const parsed = await parseMail(raw, context)
  if (!parsed.ok) throw new Error(`refused: ${parsed.reason} ${parsed.detail}`)
  return parsed.event
}

/** `data.pec` of the certified mail that the fixture describes. Throws when there is none. */
export const pecOf = async (fixture: PecFixture): Promise<PecData> => {
  const { data } = await eventOf(pecMail(fixture))
  if (!data.pec) throw new Error('no pec')
  return data.pec
}

/** `to` of a membership message: whose subscription, and on which list. Not for mail addresses alone (`mail-address.ts`). */
import { parseMailAddress } from '../mail-address.ts'

export type ListAddress = { readonly email: string; readonly list: string }

type Read =
  | { readonly ok: true; readonly value: ListAddress }
  | { readonly ok: false; readonly reason: string }

/** An address, or the id that Mailman makes of it: members@example.org, members.example.org. */
const listName = /^[a-z0-9][a-z0-9._+-]{0,120}[@.][a-z0-9-]+(?:\.[a-z0-9-]+)*$/

/** Reads "anna@example.org members@example.org". Blanks inside the person's address become "+": they were one before something URL-decoded it. */
export const readListAddress = (to: string): Read => {
  const text = to.trim().toLowerCase()
  const at = text.lastIndexOf(' ')
  if (at === -1) {
    return {
      ok: false,
      reason: 'Write the address and the list, as in "anna@example.org members@example.org".',
    }
  }
  const list = text.slice(at + 1)
  if (!listName.test(list)) {
    return { ok: false, reason: `"${list.slice(0, 60)}" is not the address or the id of a list.` }
  }
  const parsed = parseMailAddress(text.slice(0, at).trim().replaceAll(/\s/g, '+'))
  return parsed.ok ? { ok: true, value: { email: parsed.address, list } } : parsed
}

/** The id of a list: POST /members takes no other form, paths take both (sources.md D2). */
export const listIdOf = (list: string): string => list.replace('@', '.')

/** `parseAddress` of the connector. */
export const parseListAddress = (
  to: string,
):
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly reason: string } => {
  const read = readListAddress(to)
  return read.ok ? { ok: true, address: `${read.value.email} ${read.value.list}` } : read
}

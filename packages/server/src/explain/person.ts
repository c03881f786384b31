/** Whom an explanation is about, and the addresses by which that is known. */
import type { PoolClient } from 'pg'
import { parseId, type TenantId } from '@carillon/domain/ids'
import { addressKey } from '@carillon/domain/suppression'
import { readContactAddresses, readOwnAddresses } from './queries.ts'

export type Person = {
  /** As it was asked for. */
  readonly name: string
  /** As written. */
  readonly addresses: readonly string[]
  /** Is this address one of theirs? */
  readonly has: (channel: string, address: string) => boolean
}

/** Finds the addresses of a contact (con_…), of a user id, or takes the text itself as one. */
export const findPerson = async (
  client: PoolClient,
  tenantId: TenantId,
  text: string,
): Promise<Person> => {
  const contact = parseId('contact', text)
  const more =
    contact === undefined
      ? await readOwnAddresses(client, tenantId, text)
      : await readContactAddresses(client, tenantId, contact)
  const addresses = [...new Set([text, ...more])]
  return {
    name: text,
    addresses,
    has: (channel, address) =>
      address !== '' &&
      addresses.some((own) => addressKey(channel, own) === addressKey(channel, address)),
  }
}

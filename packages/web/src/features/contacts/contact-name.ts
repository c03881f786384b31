/** What a contact is called on a page: its name, else the first of its addresses. Pure. */
import type { Contact } from './queries.ts'

/** Empty: it has none. */
const ownName = ({ attributes }: Pick<Contact, 'attributes'>): string => {
  const part = (key: string): string => {
    const value = attributes[key]
    return typeof value === 'string' ? value.trim() : ''
  }
  const name = part('name')
  return name === '' ? `${part('firstName')} ${part('lastName')}`.trim() : name
}

/** Never empty: at last its id. */
export const contactName = (contact: Contact): string => {
  const { email, phone, telegramId, externalId, id } = contact
  const name = ownName(contact)
  return name === '' ? (email ?? phone ?? telegramId ?? externalId ?? id) : name
}

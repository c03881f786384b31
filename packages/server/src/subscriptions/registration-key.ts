/** Which registrations are one: the same user, channel and address, however its letters are written. Not for suppressions. */

/** The address as it is compared; the database's `carillon_registration_key` says the same. `address` as a connector writes it. */
export const registrationKey = (channel: string, address: string): string =>
  channel === 'email' || address.startsWith('@')
    ? address.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
    : address

/** Reads one phone number as an SMS gateway takes it. Knows no numbering plan: whether the number exists is the gateway's to say. */

/** E.164: a country code and at most 15 digits in all; fewer than 7 is no subscriber anywhere. */
const internationalNumber = /^[1-9]\d{6,14}$/

/**
 * Takes an international number with or without plus, with the usual separators; returns it as "+" and digits. A number
 * that starts with a single 0 is national and refused: nothing here knows the country.
 */
export const parsePhoneAddress = (
  to: string,
):
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly reason: string } => {
  const digits = to
    .trim()
    .replace(/^(?:\+|00)/, '')
    .replaceAll(/[ .()/-]/g, '')
  if (internationalNumber.test(digits)) return { ok: true, address: `+${digits}` }
  return {
    ok: false,
    reason: 'Write the phone number with its country code, such as +393331234567.',
  }
}

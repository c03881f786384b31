/**
 * The library that knows the world's phone numbers, loaded with the first number that is read: by `require`, which is the only way
 * to load late what is asked synchronously. Not for what a connector takes as an address.
 */
import { createRequire } from 'node:module'
import type * as library from 'libphonenumber-js'
import { onceAsked } from './once-asked.ts'

const load = onceAsked(
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the package's own types
  () => createRequire(import.meta.url)('libphonenumber-js') as typeof library,
)

/** Is it a country of ISO 3166 that has phone numbers? */
export const isSupportedCountry = (country: string): country is library.CountryCode =>
  load().isSupportedCountry(country)

/** The number that the text is, or undefined. What is possible and assigned is another question: the library's `isPossible`. */
export const parsePhoneNumberFromString = (
  text: string,
  options: { readonly defaultCountry?: library.CountryCode; readonly extract: false },
): library.PhoneNumber | undefined => load().parsePhoneNumberFromString(text, options)

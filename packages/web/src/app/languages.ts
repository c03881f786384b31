/** The languages of the UI. A further one: a line here, and a folder below texts/ with the same files as texts/en. */

/** Code -> its own name. */
export const languages = { en: 'English', it: 'Italiano' } as const

export type Language = keyof typeof languages

const storageKey = 'carillon-language'

const isLanguage = (value: string | null | undefined): value is Language =>
  typeof value === 'string' && value in languages

/** The language chosen on this device, else the browser's first that we have, else English. */
export const preferredLanguage = (): Language => {
  const stored = globalThis.localStorage.getItem(storageKey)
  if (isLanguage(stored)) return stored
  const wanted = globalThis.navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())
  return wanted.find(isLanguage) ?? 'en'
}

/** Keeps a choice for this device. */
export const rememberLanguage = (language: Language): void =>
  globalThis.localStorage.setItem(storageKey, language)

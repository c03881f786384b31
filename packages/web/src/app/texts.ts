/**
 * Texts in the language of the page: one file a feature and language, loaded when a page of the feature is. The texts
 * themselves are below texts/. Not for dates and numbers (components/format.ts).
 */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { preferredLanguage, rememberLanguage, type Language } from './languages.ts'
import type { Texts } from '../texts/texts.ts'

type TextFile = Readonly<Record<string, object>>

const files = import.meta.glob<TextFile>(['../texts/*/*.ts'])

/** Italian has a third plural form for whole millions, which reads as the ordinary one. */
const withMany = (texts: object): object =>
  Object.fromEntries(
    Object.entries(texts).flatMap(([key, value]: [string, unknown]) => {
      const own: [string, unknown] = [
        key,
        typeof value === 'object' && value !== null ? withMany(value) : value,
      ]
      const many = key.replace(/_other$/, '_many')
      return many === key || many in texts ? [own] : [own, [many, value] as [string, unknown]]
    }),
  )

const readNamespace = async (language: string, namespace: string): Promise<object> => {
  const load = files[`../texts/${language}/${namespace}.ts`]
  if (load === undefined) throw new Error(`there are no texts ${language}/${namespace}`)
  const [texts] = Object.values(await load())
  return withMany(texts ?? {})
}

/** Loads the texts that every page needs; to be awaited before anything is drawn. */
export const startTexts = async (): Promise<void> => {
  const language = preferredLanguage()
  document.documentElement.lang = language
  await i18next
    .use({
      type: 'backend',
      init: () => undefined,
      // Without a third parameter i18next waits for the promise.
      read: async (language: string, namespace: string) => await readNamespace(language, namespace),
    })
    .use(initReactI18next)
    .init({
      lng: language,
      fallbackLng: false,
      ns: ['frame', 'parts'],
      defaultNS: 'frame',
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    })
}

/** A route's loader that fetches its texts while its code is under way: `loader: textsLoader('rules')`. */
export const textsLoader =
  (...namespaces: readonly (keyof Texts)[]) =>
  async (): Promise<void> =>
    await i18next.loadNamespaces([...namespaces])

/** Changes the language at once, and for this device. */
export const setLanguage = async (language: Language): Promise<void> => {
  rememberLanguage(language)
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
}

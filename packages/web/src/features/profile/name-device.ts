/** What a User-Agent calls itself, in two words that people know. Pure; not for deciding anything. */

const browsers: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

const nameIn = (table: readonly (readonly [RegExp, string])[], text: string): string | undefined =>
  table.find(([pattern]) => pattern.test(text))?.[1]

/** "Firefox, Windows"; the text's own first word for programs; undefined without any. */
export const nameDevice = (userAgent: string | null): string | undefined => {
  if (userAgent === null || userAgent === '') return undefined
  const found = [nameIn(browsers, userAgent), nameIn(systems, userAgent)].filter(
    (name) => name !== undefined,
  )
  return found.length > 0 ? found.join(', ') : userAgent.split(/[\s/]/, 1)[0]
}

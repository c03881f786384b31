import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contentForRegistration } from './content-for-registration.ts'
import type { SubscriptionContent } from './schema.ts'

const part = (text: string) => ({ text })
const content: SubscriptionContent = {
  default: { text: 'd', languages: { it: part('d-it'), 'pt-BR': part('d-ptbr') } },
  email: { subject: 's', text: 'e', html: '<p>e</p>', languages: { en: part('e-en') } },
}
const textFor = (channel: string, language: string | null, tenantLanguage = 'de') =>
  contentForRegistration(content, { channel, language, tenantLanguage })?.content.text

test.each([
  ['email', 'en', 'it', 'e-en'],
  ['email', 'EN-gb', 'it', 'e-en'],
  // The channel's own text before the right language of another channel's.
  ['email', 'it', 'it', 'e'],
  ['email', null, 'en', 'e-en'],
  ['email', 'it', 'en', 'e-en'],
  ['sms', 'it', 'en', 'd-it'],
  ['sms', 'pt-br', 'en', 'd-ptbr'],
  // pt is not pt-BR.
  ['sms', 'pt', 'en', 'd'],
  ['sms', null, 'it', 'd-it'],
  ['sms', 'fr', 'de', 'd'],
])('%s in %s for a tenant in %s is "%s"', (channel, language, tenantLanguage, text) => {
  expect(textFor(channel, language, tenantLanguage)).toBe(text)
})

test('without an entry for the channel and without a default there is nothing', () => {
  const only = { email: part('e') }
  expect(
    contentForRegistration(only, { channel: 'sms', language: null, tenantLanguage: 'en' }),
  ).toBeUndefined()
  expect(
    contentForRegistration({}, { channel: 'toString', language: null, tenantLanguage: 'en' }),
  ).toBeUndefined()
})

test('a part stands alone: the subject and html of another language do not come along', () => {
  expect(
    contentForRegistration(content, { channel: 'email', language: 'en', tenantLanguage: 'it' }),
  ).toEqual({ entry: 'email', language: 'en', content: { text: 'e-en' } })
})

test('an mjml goes as its html', () => {
  const compiled = { default: { text: 't', html: '<html></html>', mjml: '<mjml></mjml>' } }
  const wanted = { channel: 'email', language: null, tenantLanguage: 'en' }
  expect(contentForRegistration(compiled, wanted)?.content).toEqual({
    text: 't',
    html: '<html></html>',
  })
})

const tag = fc.constantFrom('it', 'en', 'pt', 'pt-BR', 'PT-br', 'zh-Hant-TW', 'zh-Hant', 'zh', 'fr')
const entry = fc.record({
  text: fc.string({ minLength: 1 }),
  languages: fc.dictionary(tag, fc.record({ text: fc.string({ minLength: 1 }) })),
})
const anyContent = fc.dictionary(fc.constantFrom('default', 'email', 'sms', 'telegram'), entry)
const wanted = fc.record({
  channel: fc.constantFrom('email', 'sms', 'telegram', 'teams'),
  language: fc.option(tag),
  tenantLanguage: tag,
})

test('what is chosen is in the content where it says, in the best entry and the best language that there are', () => {
  fc.assert(
    fc.property(anyContent, wanted, (some, given) => {
      const chosen = contentForRegistration(some, given)
      const best = Object.hasOwn(some, given.channel) ? given.channel : 'default'
      expect(chosen?.entry).toBe(Object.hasOwn(some, best) ? best : undefined)
      if (chosen === undefined) return
      const own = some[chosen.entry]
      const place = chosen.language === null ? own : own?.languages[chosen.language]
      expect(chosen.content.text).toBe(place?.text)
      const names = Object.keys(own?.languages ?? {}).map((name) => name.toLowerCase())
      const fits = (language: string): boolean =>
        names.some((name) => `${language.toLowerCase()}-`.startsWith(`${name}-`))
      const first = [given.language, given.tenantLanguage].find(
        (language) => language !== null && fits(language),
      )
      if (first === undefined || first === null) expect(chosen.language).toBeNull()
      else {
        expect(`${first.toLowerCase()}-`.startsWith(`${chosen.language?.toLowerCase()}-`)).toBe(
          true,
        )
        // No longer name would have fitted as well.
        expect(
          names.filter(
            (name) =>
              `${first.toLowerCase()}-`.startsWith(`${name}-`) &&
              name.length > (chosen.language?.length ?? 0),
          ),
        ).toEqual([])
      }
    }),
  )
})

import { createCipheriv, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { readOlderForm } from './read-older-form.ts'

const olderKey = randomBytes(32)

/** The older system's own way, written from its description: base64(nonce 12 + ciphertext + tag 16). */
const olderEncrypt = (text: string, key = olderKey): string => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64')
}
const plain = (text: string): string => Buffer.from(text).toString('base64')

const json = '{"bot_token":"123:àè"}'

test('an encrypted row is decrypted', () => {
  expect(readOlderForm(olderEncrypt(json), { olderKey })).toEqual({
    ok: true,
    form: 'encrypted',
    json: { bot_token: '123:àè' },
  })
})

test('an older plain row is read, with and without a key at hand', () => {
  const expected = { ok: true, form: 'plain', json: { bot_token: '123:àè' } }
  expect(readOlderForm(plain(json), { olderKey })).toEqual(expected)
  expect(readOlderForm(`${plain(json)}\n`, { olderKey: undefined })).toEqual(expected)
})

test('the two forms are never taken for each other, whatever the secret', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (secrets) => {
      const text = JSON.stringify(secrets)
      expect(readOlderForm(olderEncrypt(text), { olderKey })).toMatchObject({ form: 'encrypted' })
      expect(readOlderForm(plain(text), { olderKey })).toMatchObject({ form: 'plain' })
    }),
  )
})

test.each([
  ['encrypted under another key', olderEncrypt(json, randomBytes(32)), 'does not decrypt'],
  ['cut short', olderEncrypt(json).slice(0, 40), 'does not decrypt'],
  ['encrypted, but no JSON object', olderEncrypt('[1]'), 'not to a JSON object'],
  ['plain, but no JSON object', plain('"token"'), 'not plain JSON'],
  ['not base64', '{"bot_token":"1"}', 'not base64'],
  ['empty', '', 'not base64'],
])('%s is refused with a reason', (_, text, reason) => {
  const read = readOlderForm(text, { olderKey })
  expect(read.ok ? '' : read.error).toContain(reason)
})

test('an encrypted row without a key asks for the key', () => {
  const read = readOlderForm(olderEncrypt(json), { olderKey: undefined })
  expect(read.ok ? '' : read.error).toContain('give the older key')
})

test('a key of the wrong length is named', () => {
  const read = readOlderForm(olderEncrypt(json), { olderKey: randomBytes(16) })
  expect(read.ok ? '' : read.error).toContain('16 bytes instead of 32')
})

test('any text gives an answer and never a crash', () => {
  fc.assert(
    fc.property(fc.oneof(fc.base64String(), fc.string()), (text) => {
      expect(typeof readOlderForm(text, { olderKey }).ok).toBe('boolean')
    }),
  )
})

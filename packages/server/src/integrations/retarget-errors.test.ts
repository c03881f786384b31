import { expect, test } from 'vitest'
import { retargetErrors, type Retarget } from './retarget-errors.ts'

const errorsOf = (change: Partial<Retarget>): readonly string[] =>
  retargetErrors({
    old: {},
    settings: {},
    kept: ['token'],
    generated: [],
    ...change,
  }).map(({ pointer }) => pointer)

test.each([
  [{}, { baseUrl: 'https://mine.example' }],
  [{ baseUrl: 'https://theirs.example' }, {}],
  [{ baseUrl: 'https://theirs.example' }, { baseUrl: 'https://mine.example' }],
  [{ url: 'https://a.example/x' }, { url: 'http://a.example/x' }],
  [{ url: 'https://a.example/x' }, { url: 'https://a.example:8443/x' }],
  [{ url: 'https://a.example/x' }, { url: 'https://a.example@mine.example/x' }],
  [{ url: 'https://a.example/x' }, { url: 'https://{{ data.host }}/x' }],
  [
    { host: 'smtp.a.example', port: 465 },
    { host: 'mine.example', port: 465 },
  ],
  [
    { host: 'smtp.a.example', port: 465 },
    { host: 'smtp.a.example', port: 2525 },
  ],
  [{ endpoint: 'https://a.azure.example' }, { endpoint: 'https://b.azure.example' }],
])('%j -> %j is another server: the stored secret has to be entered again', (old, settings) => {
  expect(errorsOf({ old, settings })).toEqual(['/secrets/token'])
})

test.each([
  [{ url: 'https://a.example/x' }, { url: 'https://a.example/y?z=1' }],
  [{ url: 'https://A.example/x' }, { url: 'https://a.example:443/x' }],
  [
    { host: 'smtp.a.example', port: 465 },
    { host: 'SMTP.a.example', port: 465, user: 'b' },
  ],
  [{ parseMode: 'HTML' }, { parseMode: 'none' }],
])('%j -> %j is the same server', (old, settings) => {
  expect(errorsOf({ old, settings })).toEqual([])
})

test('what is entered again, or is of our own making, is no matter', () => {
  const change = { settings: { url: 'https://mine.example' } }
  expect(errorsOf({ ...change, kept: [] })).toEqual([])
  expect(errorsOf({ ...change, kept: ['signingSecret'], generated: ['signingSecret'] })).toEqual([])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contactsRig, type ContactsRig } from '@carillon/testkit/contacts-rig'
import type { ContactView } from './schema.ts'

const exported = async (c: ContactsRig, query = ''): Promise<string> =>
  await c.text(`/contacts/export?${query}`)
const contactsOf = async (c: ContactsRig): Promise<readonly ContactView[]> =>
  ((await c.as('reader', 'GET', '/contacts?limit=200')).body as { items: readonly ContactView[] })
    .items
const imported = async (c: ContactsRig, file: string, query = ''): Promise<unknown> => {
  const reply = await c.importFile(file, query)
  expect([file, reply.status, reply.body]).toEqual([file, 200, expect.anything()])
  return reply.body
}

test('has a header, one line for each contact that fits, and says what it is', async () => {
  await using c = await contactsRig()
  await c.as('admin', 'POST', '/contacts', {
    phone: '79001234567',
    email: 'a@example.org',
    telegramId: '@anna',
    tags: ['vip', 'news'],
    timezone: 'Europe/Rome',
    attributes: { city: 'Roma' },
  })
  await c.as('admin', 'POST', '/contacts', { telegramId: '-1001234' })
  const reply = await c.api.server.inject({
    url: '/api/v1/contacts/export?format=csv&tag=vip',
    headers: { 'x-caller': 'reader' },
  })
  expect(reply.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment; filename="contacts.csv"',
  })
  expect(reply.body).toMatch(
    /^id,externalId,phone,email,telegramId,operator,tags,timezone,language,attributes\r\ncon_\w{26},,79001234567,a@example.org,'@anna,900,news\|vip,Europe\/Rome,,"{""city"":""Roma""}"\r\n$/,
  )
  expect(await exported(c, 'hasEmail=false')).toContain(",'-1001234,")
  expect((await exported(c)).split('\r\n')).toHaveLength(4)
})

test('is for callers with contacts:read, of their own tenant, and is put on record', async () => {
  await using c = await contactsRig()
  await c.as('admin', 'POST', '/contacts', { email: 'a@example.org' })
  for (const [caller, status] of [
    ['writer', 403],
    ['other', 403],
    ['nobody', 401],
    ['stranger', 200],
  ] as const) {
    const reply = await c.api.server.inject({
      url: '/api/v1/contacts/export',
      headers: { 'x-caller': caller },
    })
    expect([caller, reply.statusCode]).toEqual([caller, status])
    expect(reply.body).not.toContain('a@example.org')
  }
  await exported(c, 'hasEmail=true')
  const { rows } = await c.db.owner.query<{ actor: string; details: object }>(
    `SELECT actor, details FROM audit_log WHERE action = 'contact.exported' AND tenant_id = $1`,
    [c.tenantId],
  )
  expect(rows).toEqual([{ actor: 'usr_admin', details: { filters: ['hasEmail'] } }])
  expect(await c.as('reader', 'GET', '/contacts/export?format=xml')).toMatchObject({ status: 400 })
})

test('more contacts than are held at a time are all in it, and the file changes nothing', async () => {
  await using c = await contactsRig()
  const rows = Array.from({ length: 2_300 }, (_, n) => `${79_000_000_000 + n},t${n % 3}`)
  await imported(c, `phone,tags\n${rows.join('\n')}\n`)
  const file = await exported(c)
  expect(file.split('\r\n')).toHaveLength(2_302)
  expect(await imported(c, file)).toMatchObject({ rows: 2_300, unchanged: 2_300, repeated: 0 })
})

/** Whatever a field can hold, above all what CSV files and spreadsheets trip over. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom('=', '+', '-', '@', "'", '"', ';', ' ', 'я', '😀', '\\', "'=", "''@", 'NULL'),
      fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme' }),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(''))
const line = nasty
  // oxlint-disable-next-line no-control-regex -- what a line can not have
  .filter((text) => text.trim() !== '' && !/[\u0000-\u001f\u007f\u2028\u2029]/.test(text))
const json = fc
  .jsonValue({ maxDepth: 2 })
  .filter((value) => !/\\u0000|__proto__|constructor|\\ud[89a-f]/i.test(JSON.stringify(value)))
const contact = fc.record({
  externalId: line,
  telegramId: fc.constantFrom(null, '@anna', '-100123', '42'),
  operator: fc.constantFrom(null, '+7', '-1', '900'),
  tags: fc.array(
    line.filter((text) => !/[,|]/.test(text)),
    { maxLength: 3 },
  ),
  timezone: fc.constantFrom(null, 'Europe/Rome'),
  attributes: fc.dictionary(
    nasty.filter((key) => !/\0|__proto__|constructor/.test(key)),
    json,
    { maxKeys: 3 },
  ),
})

test('any contacts: exported and imported they are the same, here and in another place', async () => {
  await using c = await contactsRig()
  const sameId = { selector: (each: { readonly externalId: string }) => each.externalId.trim() }
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(contact, { minLength: 1, maxLength: 5, ...sameId }),
      async (wanted) => {
        await c.db.owner.query('TRUNCATE contacts, contact_tags')
        for (const body of wanted) {
          const made = await c.as('admin', 'POST', '/contacts', body)
          expect([body, made.status]).toEqual([body, 201])
        }
        const before = await contactsOf(c)
        const file = await exported(c)
        const counts = { rows: wanted.length, unchanged: wanted.length }
        expect(await imported(c, file)).toMatchObject(counts)
        expect(await contactsOf(c)).toEqual(before)
        await c.db.owner.query('TRUNCATE contacts, contact_tags')
        await imported(c, file, `mapping=${encodeURIComponent('{"id":null}')}`)
        const own = ({ id: _id, createdAt: _at, updatedAt: _then, ...rest }: ContactView) => rest
        expect((await contactsOf(c)).map(own)).toEqual(before.map(own))
      },
    ),
    { numRuns: 25 },
  )
}, 120_000)

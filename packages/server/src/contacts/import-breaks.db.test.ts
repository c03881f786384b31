import { once } from 'node:events'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { contactsRig, type ContactsRig } from '@carillon/testkit/contacts-rig'
import { eventually } from '@carillon/testkit/eventually'
import type { ImportView } from './import-schema.ts'

const run = async (
  c: ContactsRig,
  file: string | Buffer,
  query = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<ImportView> => {
  const reply = await c.importFile(file, query, headers)
  expect([reply.status, reply.body]).toEqual([200, expect.anything()])
  return reply.body as ImportView
}
const lastImport = async (c: ContactsRig): Promise<ImportView | undefined> =>
  ((await c.as('reader', 'GET', '/contacts/imports')).body as { items: readonly ImportView[] })
    .items[0]
const counts = (inserted: number, updated: number, unchanged: number, failed: number) => ({
  rows: inserted + updated + unchanged + failed,
  inserted,
  updated,
  unchanged,
  failed,
})

describe('a file that can not be begun', () => {
  const files: readonly (readonly [string, string | Buffer, string, string])[] = [
    ['empty', '', '', 'empty'],
    ['blank lines', '\r\n \n', '', 'empty'],
    ['UTF-16', Buffer.from('\uFEFFphone\n1\n', 'utf16le'), '', 'UTF-16'],
    ['no known column', 'a,b\n1,2\n', '', 'tells contacts apart'],
    ['a column twice', 'phone,Mobile\n1,2\n', '', 'Two columns say "phone"'],
    ['no column of the key', 'phone\n1\n', 'key=email', 'no column for the key "email"'],
    ['a million columns', `${'phone,'.repeat(1_000_000)}\n`, '', '64 KB'],
    [
      'six hundred columns',
      `${Array.from({ length: 600 }, (_, n) => `c${n}`).join()}\n`,
      '',
      '500',
    ],
    ['a header of 10 MB', `phone,${'x'.repeat(10_000_000)}`, '', '64 KB'],
    ['an unknown field', 'phone,x\n1,2\n', 'mapping={"x":"fone"}', 'must be mapped to one of'],
    ['a mapping of nothing', 'phone\n1\n', 'mapping={"phon":"email"}', 'did you mean "phone"'],
    ['a mapping that is none', 'phone\n1\n', 'mapping=[1', 'JSON object'],
    ['a dangerous attribute', 'phone,x\n1,2\n', 'mapping={"x":"attributes.__proto__"}', 'mapped'],
    ['a country that is none', 'phone\n1\n', 'country=XX', 'ISO 3166'],
  ]
  test('is refused, and makes no import', async () => {
    await using c = await contactsRig()
    for (const [name, file, query, words] of files) {
      const reply = await c.importFile(file, query)
      expect([name, reply]).toMatchObject([
        name,
        {
          status: 400,
          body: {
            code: 'validation_failed',
            detail: expect.stringContaining(words) as unknown,
          },
        },
      ])
    }
    expect(await lastImport(c)).toBeUndefined()
  })

  test('is refused with another content type, and without a body', async () => {
    await using c = await contactsRig()
    const json = { 'content-type': 'application/json' }
    expect(await c.importFile('{}', '', json)).toMatchObject({ status: 415 })
    const charset = { 'content-type': 'text/csv; charset=koi8-r' }
    expect(await c.importFile('phone\n', '', charset)).toMatchObject({ status: 415 })
    expect(await c.as('admin', 'POST', '/contacts/import')).toMatchObject({ status: 400 })
    const large = { 'content-length': String(2 ** 31) }
    expect(await c.importFile('phone\n', '', large)).toMatchObject({ status: 413 })
  })

  test('with a header only is an import of no rows', async () => {
    await using c = await contactsRig()
    expect(await run(c, 'phone,email')).toMatchObject({ ...counts(0, 0, 0, 0), state: 'done' })
  })
})

describe('a file that breaks', () => {
  const good = Array.from({ length: 1_500 }, (_, n) => `u${n}@example.org,x\n`).join('')
  const breaks: readonly (readonly [string, string | Buffer, string])[] = [
    ['a quote that is never closed', `"u@example.org,x\n${good}`, 'quote'],
    ['a line of 10 MB', `u@example.org,${'x'.repeat(10_000_000)}\n`, '128 KB'],
    ['another encoding', Buffer.from([0xff, 0xfe, 0x0a]), 'not UTF-8'],
  ]
  test('keeps what came before, and says where it ended', async () => {
    for (const [name, rest, words] of breaks) {
      await using c = await contactsRig()
      const parts = async function* (): AsyncGenerator<Buffer> {
        yield Buffer.from(`email,attributes.a\n${good}`)
        await eventually(async () => expect(await lastImport(c)).toBeDefined())
        yield Buffer.from(rest)
      }
      const reply = await c.importFile(Readable.from(parts(), { objectMode: false }))
      expect([name, reply]).toMatchObject([
        name,
        { status: 400, body: { detail: expect.stringContaining(words) as unknown } },
      ])
      const record = await lastImport(c)
      expect([name, record]).toMatchObject([name, { state: 'failed', failed: 0 }])
      const { rows } = await c.db.owner.query<{ n: number }>('SELECT count(*) AS n FROM contacts')
      expect([name, rows[0]?.n]).toEqual([name, record?.inserted])
    }
  })

  test('with its connection is interrupted, and sent again goes on', async () => {
    await using c = await contactsRig()
    const url = await c.api.server.listen({ host: '127.0.0.1', port: 0 })
    const file = `email,attributes.a\n${good}${good.replaceAll('u', 'v')}`
    const sending = request(`${url}/api/v1/contacts/import`, {
      method: 'POST',
      headers: { 'x-caller': 'admin', 'content-type': 'text/csv', 'content-length': file.length },
    })
    const broken = once(sending, 'error')
    sending.write(file.slice(0, -5))
    await eventually(async () => expect((await lastImport(c))?.rows).toBe(2_000))
    sending.destroy(new Error('cable pulled'))
    await broken
    await eventually(async () => {
      expect(await lastImport(c)).toMatchObject({ ...counts(2_999, 0, 0, 0), state: 'interrupted' })
    })
    expect(await run(c, file)).toMatchObject(counts(1, 0, 2_999, 0))
  })

  test('a quote that is never closed loses none of the rows before it', async () => {
    await using c = await contactsRig()
    await c.importFile(`email,attributes.a\n${good}"u@example.org,x\n`)
    expect(await lastImport(c)).toMatchObject({
      ...counts(1_500, 0, 0, 0),
      state: 'failed',
      error: expect.stringContaining('quote') as unknown,
    })
  })
})

describe('several imports at once', () => {
  test('of the same people make each one once, and all counts add up', async () => {
    await using c = await contactsRig()
    const file = (from: number, step: number): string =>
      `email,phone,tags\n${Array.from({ length: 1_200 }, (_, n) => from + step * n)
        .map((n) => `u${n}@example.org,7900${String(1_000_000 + n)},t${n % 7}`)
        .join('\n')}\n`
    const both = await Promise.all([run(c, file(0, 1)), run(c, file(1_199, -1))])
    const inserted = both.reduce((sum, one) => sum + one.inserted, 0)
    expect(inserted).toBe(1_200)
    for (const one of both) expect(one.inserted + one.unchanged).toBe(1_200)
    const { rows } = await c.db.owner.query<{ contacts: number; tags: number }>(
      'SELECT (SELECT count(*) FROM contacts) AS contacts, (SELECT count(*) FROM contact_tags) AS tags',
    )
    expect(rows).toEqual([{ contacts: 1_200, tags: 1_200 }])
  })

  test('and single changes beside them lose nothing', async () => {
    await using c = await contactsRig()
    const rows = Array.from({ length: 2_000 }, (_, n) => `u${n}@example.org`)
    const singles = async (): Promise<readonly number[]> => {
      const statuses: number[] = []
      for (let n = 1_999; n > 1_950; n -= 1) {
        const body = { email: `u${n}@example.org`, tags: ['single'] }
        statuses.push((await c.as('writer', 'POST', '/contacts', body)).status)
      }
      return statuses
    }
    const [result, statuses] = await Promise.all([
      run(c, `email,tags\n${rows.join(',file\n')},file\n`),
      singles(),
    ])
    expect(result).toMatchObject({ state: 'done', failed: 0, rows: 2_000 })
    const created = statuses.filter((status) => status === 201).length
    expect(statuses.every((status) => status === 201 || status === 409)).toBe(true)
    expect(result.inserted + created).toBe(2_000)
  })

  test('more than three of a tenant have to wait', async () => {
    await using c = await contactsRig()
    await c.db.owner.query(
      `INSERT INTO contact_imports (tenant_id, id, dry_run, created_by)
       SELECT $1, gen_random_uuid(), false, 'usr_x' FROM generate_series(1, 3)`,
      [c.tenantId],
    )
    expect(await c.importFile('phone\n79001234567\n')).toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
    })
  })
})

test('an import is one entry of the audit log', async () => {
  await using c = await contactsRig()
  await run(
    c,
    `email,tags\n${Array.from({ length: 30 }, (_, n) => `u${n}@example.org,t`).join('\n')}`,
  )
  const { rows } = await c.db.owner.query<{ action: string; actor: string; details: object }>(
    `SELECT action, actor, details FROM audit_log WHERE kind IN ('contact', 'contactImport', 'tag') ORDER BY seq`,
  )
  expect(rows).toEqual([
    { action: 'tag.created', actor: 'usr_admin', details: expect.anything() as unknown },
    {
      action: 'contact.imported',
      actor: expect.any(String) as unknown,
      details: { state: 'done', ...counts(30, 0, 0, 0) },
    },
  ])
})

test('another tenant sees nothing of it, and neither do callers without the scope', async () => {
  await using c = await contactsRig()
  const { id } = await run(c, 'phone\n1\n')
  for (const path of [`/contacts/imports/${id}`, `/contacts/imports/${id}/report`]) {
    expect(await c.as('stranger', 'GET', path)).toMatchObject({ status: 404 })
    expect(await c.as('reader', 'GET', `/contacts/imports/imp_nonsense`)).toMatchObject({
      status: 404,
    })
    expect(await c.as('writer', 'GET', path)).toMatchObject({ status: 403 })
    expect(await c.as('nobody', 'GET', path)).toMatchObject({ status: 401 })
  }
  expect((await c.as('stranger', 'GET', '/contacts/imports')).body).toMatchObject({ items: [] })
  for (const [caller, status] of [
    ['reader', 403],
    ['other', 403],
    ['nobody', 401],
  ] as const) {
    const headers = { 'x-caller': caller }
    expect(await c.importFile('phone\n', '', headers)).toMatchObject({ status })
  }
})

import { describe, expect, test } from 'vitest'
import { contactsRig, type ContactsRig } from '@carillon/testkit/contacts-rig'
import type { ImportView } from './import-schema.ts'

type Contact = Readonly<Record<string, unknown>> & { readonly id: string }

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
const contactsOf = async (c: ContactsRig): Promise<readonly Contact[]> =>
  ((await c.as('reader', 'GET', '/contacts?limit=200')).body as { items: readonly Contact[] }).items
const reportOf = async (c: ContactsRig, { id }: { readonly id: string }): Promise<string> =>
  await c.text(`/contacts/imports/${id}/report`)
const counts = (inserted: number, updated: number, unchanged: number, failed: number) => ({
  rows: inserted + updated + unchanged + failed,
  inserted,
  updated,
  unchanged,
  failed,
})

describe('a file', () => {
  test('makes contacts, and sent again changes nothing', async () => {
    await using c = await contactsRig()
    const file =
      'externalId,phone,email,telegramId,operator,tags,timezone,language,attributes.city\r\n' +
      'a,79001234567,Anna@example.org,@anna,,"vip, news",Europe/Rome,it,Roma\r\n' +
      'b,+39 333 1234567,,,tim,vip|news,,,\r\n'
    expect(await run(c, file)).toMatchObject({
      ...counts(2, 0, 0, 0),
      state: 'done',
      createdBy: 'usr_admin',
      error: null,
      ignoredColumns: [],
      finishedAt: expect.any(String) as unknown,
    })
    expect(await contactsOf(c)).toMatchObject([
      {
        externalId: 'a',
        phone: '79001234567',
        email: 'Anna@example.org',
        telegramId: '@anna',
        operator: '900',
        tags: ['news', 'vip'],
        timezone: 'Europe/Rome',
        language: 'it',
        attributes: { city: 'Roma' },
      },
      { externalId: 'b', phone: '393331234567', operator: 'tim', tags: ['news', 'vip'] },
    ])
    expect(await run(c, file)).toMatchObject({ ...counts(0, 0, 2, 0), repeated: 0 })
    expect((await contactsOf(c)).map(({ version }) => version)).toEqual([1, 1])
  })

  const shapes: readonly (readonly [string, string])[] = [
    [
      'semicolons and a BOM',
      '\uFEFFTelefono;E-mail;Nome\n79001234567;a@example.org;"Rossi; Anna"\n',
    ],
    ['tabs', 'phone\tEmail Address\tfirst name\n79001234567\ta@example.org\tRossi; Anna\n'],
    ['old Macs', 'Телефон,Почта,Имя\r79001234567,a@example.org,Rossi; Anna\r'],
    [
      'empty lines and no last line end',
      '\n\nphone,email,firstName\n\n79001234567,a@example.org,Rossi; Anna',
    ],
  ]
  test('may have other delimiters, line ends and languages', async () => {
    for (const [name, file] of shapes) {
      await using c = await contactsRig()
      expect([name, await run(c, file)]).toMatchObject([name, counts(1, 0, 0, 0)])
      expect([name, await contactsOf(c)]).toMatchObject([
        name,
        [
          {
            phone: '79001234567',
            email: 'a@example.org',
            attributes: { firstName: 'Rossi; Anna' },
          },
        ],
      ])
    }
  })

  test('may be in an encoding of Windows when it says so, and is refused when it does not', async () => {
    await using c = await contactsRig()
    const italian = Buffer.from('email,nome\na@example.org,Niccol\u00f2\n', 'latin1')
    expect(await c.importFile(italian)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('windows-1252') as unknown },
    })
    await run(c, italian, 'encoding=windows-1252')
    const russian = Buffer.concat([Buffer.from('email,имя\nb@example.org,'), Buffer.from([0xc0])])
    const cyrillic = Buffer.from(russian)
    expect(await c.importFile(cyrillic)).toMatchObject({ status: 400 })
    const head = Buffer.from('email,nome\nb@example.org,')
    const type = { 'content-type': 'text/csv; charset=windows-1251' }
    await run(c, Buffer.concat([head, Buffer.from([0xc0, 0xed, 0xed, 0xe0])]), '', type)
    expect((await contactsOf(c)).map(({ attributes }) => attributes)).toEqual([
      { firstName: 'Niccolò' },
      { firstName: 'Анна' },
    ])
  })

  test('is mapped as the caller says, and tells which columns it ignores', async () => {
    await using c = await contactsRig()
    const mapping = {
      Cell: 'phone',
      Age: 'attributes.age:number',
      Member: 'attributes.member:boolean',
      email: null,
    }
    const file = 'Cell,Age,Member,email,Notes\n79001234567,"42,5",sì,no mail,x\n'
    const result = await run(c, file, `mapping=${encodeURIComponent(JSON.stringify(mapping))}`)
    expect(result).toMatchObject({ ...counts(1, 0, 0, 0), ignoredColumns: ['email', 'Notes'] })
    expect(await contactsOf(c)).toMatchObject([
      { phone: '79001234567', email: null, attributes: { age: 42.5, member: true } },
    ])
  })

  test('changes what it has cells for: an empty one keeps, or clears when that is said', async () => {
    await using c = await contactsRig()
    await run(c, 'email,language,tags,attributes.a,attributes.b\na@example.org,it,x,1,2\n')
    const file = 'email,language,tags,attributes.a\nA@EXAMPLE.org,,y,\n'
    expect(await run(c, file, 'tags=add')).toMatchObject(counts(0, 1, 0, 0))
    const kept = { language: 'it', tags: ['x', 'y'], attributes: { a: '1', b: '2' } }
    expect(await contactsOf(c)).toMatchObject([kept])
    expect(await run(c, file, 'empty=clear')).toMatchObject(counts(0, 1, 0, 0))
    expect(await contactsOf(c)).toMatchObject([
      { language: null, tags: ['y'], attributes: { b: '2' } },
    ])
  })

  test('finds its contacts by the key that is said', async () => {
    await using c = await contactsRig()
    await run(c, 'externalId,phone\na,79001234567\n')
    const file = 'externalId,phone\nb,79001234567\n'
    const byId = await run(c, file)
    expect(byId).toMatchObject(counts(0, 0, 0, 1))
    expect(await reportOf(c, byId)).toContain('2,phone,79001234567,Another contact has this phone.')
    expect(await run(c, file, 'key=phone')).toMatchObject(counts(0, 1, 0, 0))
    expect(await contactsOf(c)).toMatchObject([{ externalId: 'b', version: 2 }])
  })

  test('may name a contact twice: the later row counts, and the report says so', async () => {
    await using c = await contactsRig()
    const rows = Array.from({ length: 2_500 }, (_, n) => `u${n % 1_500}@example.org,l${n}x`)
    const file = `email,attributes.n\n${rows.join('\n')}\n`
    const dry = await run(c, file, 'dryRun=true')
    const result = await run(c, file)
    const expected = { ...counts(1_500, 1_000, 0, 0), repeated: 1_000, reported: 1_000 }
    expect([dry, result]).toMatchObject([expected, expected])
    const [first] = await contactsOf(c)
    expect(first).toMatchObject({ email: 'u0@example.org', attributes: { n: 'l1500x' } })
    expect(await reportOf(c, result)).toContain(
      '1502,email,u0@example.org,The same contact as in row 2: this later row counts.',
    )
  })

  test('may hand an address from one contact to another', async () => {
    await using c = await contactsRig()
    await run(c, 'externalId,phone\na,79000000001\nb,79000000002\n')
    const file = 'externalId,phone\na,79000000003\nb,79000000001\na,79000000002\n'
    expect(await run(c, file)).toMatchObject(counts(0, 3, 0, 0))
    expect(await contactsOf(c)).toMatchObject([{ phone: '79000000002' }, { phone: '79000000001' }])
  })
})

describe('bad rows', () => {
  test('are told by row, column and reason; the others are stored', async () => {
    await using c = await contactsRig()
    const file =
      'phone,email,timezone,tags,attributes,attributes.n:number\n' +
      '123,x,Europe/Roma,a,"{""a"":1}",1\n' +
      '79001234567,a@example.org,,,,\n' +
      ',,Europe/Rome,,,\n' +
      '79001234568,,,,nonsense,x\n' +
      '79001234569,,,,,,,,\n' +
      'a\0b,,,,,\n'
    const result = await run(c, file)
    expect(result).toMatchObject({ ...counts(1, 0, 0, 5), reported: 8 })
    const report = await reportOf(c, result)
    expect(report.split('\r\n').map((line) => line.split(',').slice(0, 2).join())).toEqual([
      'row,column',
      '2,phone',
      '2,email',
      '2,timezone',
      '4,',
      '5,attributes',
      '5,attributes.n:number',
      '6,',
      '7,phone',
      '',
    ])
    expect(report).toContain('7,phone,a b,Contains a NUL character.')
  })

  test('are counted beyond the end of the report', async () => {
    await using c = await contactsRig()
    const result = await run(c, `phone\n${'1\n'.repeat(10_500)}79001234567\n`)
    expect(result).toMatchObject({ ...counts(1, 0, 0, 10_500), reported: 10_000 })
    expect((await reportOf(c, result)).split('\r\n')).toHaveLength(10_002)
  })

  test('do no harm in a spreadsheet', async () => {
    await using c = await contactsRig()
    const result = await run(c, 'email,=cmd\n"=HYPERLINK(""http://x"")",x\n')
    expect(await reportOf(c, result)).toMatch(/^2,email,"'=HYPERLINK/m)
  })
})

describe('a dry run', () => {
  test('counts like a real one and stores nothing', async () => {
    await using c = await contactsRig()
    await run(c, 'email\nold@example.org\n')
    const file = 'email,tags,operator\nold@example.org,t,\nnew@example.org,t,o\nnonsense,,\n'
    const dry = await run(c, file, 'dryRun=true')
    expect(dry).toMatchObject({ ...counts(1, 1, 0, 1), dryRun: true, state: 'done' })
    expect(await contactsOf(c)).toHaveLength(1)
    expect((await c.as('reader', 'GET', '/tags')).body).toMatchObject({ items: [] })
    expect((await c.as('reader', 'GET', '/operators')).body).toMatchObject({ items: [] })
    expect(await run(c, file)).toMatchObject(counts(1, 1, 0, 1))
  })
})

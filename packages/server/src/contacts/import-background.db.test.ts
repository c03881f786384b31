import { Readable } from 'node:stream'
import { contactsRig, type ContactsRig } from '@carillon/testkit/contacts-rig'
import { eventually } from '@carillon/testkit/eventually'
import { expect, test } from 'vitest'
import type { ColumnsAnswer, ImportView } from './import-schema.ts'

const rowsOf = (from: number, count: number): string =>
  Array.from({ length: count }, (_, n) => `c${from + n},c${from + n}@example.org\n`).join('')

const found = async (c: ContactsRig, id: string): Promise<ImportView> =>
  (await c.as('reader', 'GET', `/contacts/imports/${id}`)).body as ImportView
const ended = async (c: ContactsRig, id: string): Promise<ImportView> =>
  await eventually(async () => {
    const view = await found(c, id)
    if (view.state === 'running') throw new Error(`${view.rows} rows until now`)
    return view
  })

test('an import in the background answers when it has begun, and ends by itself', async () => {
  await using c = await contactsRig()
  const reply = await c.importFile(`externalId,email\n${rowsOf(0, 2_500)}`, 'background=true')
  const begun = reply.body as ImportView
  expect([reply.status, begun.state]).toEqual([202, 'running'])
  expect(await ended(c, begun.id)).toMatchObject({ state: 'done', rows: 2_500, inserted: 2_500 })
})

test('a file that can not be begun is refused at once, in the background too', async () => {
  await using c = await contactsRig()
  const reply = await c.importFile('Color\nred\n', 'background=true')
  expect(reply.status).toBe(400)
  expect((await c.as('reader', 'GET', '/contacts/imports')).body).toMatchObject({ items: [] })
})

test('a file that breaks on the way is a failed import, and what came before stays', async () => {
  await using c = await contactsRig()
  const file = `externalId,email\n${rowsOf(0, 10)}x,"never closed\n`
  const { id } = (await c.importFile(file, 'background=true')).body as ImportView
  expect(await ended(c, id)).toMatchObject({ state: 'failed', inserted: 10 })
})

test('somebody ends an import that runs: it stops there, and says who', async () => {
  await using c = await contactsRig()
  const file = new Readable({ read: () => undefined })
  file.push(`externalId,email\n${rowsOf(0, 1_500)}`)
  const sending = c.importFile(file)
  const { id } = await eventually(async () => {
    const { body } = await c.as('reader', 'GET', '/contacts/imports')
    const [first] = (body as { items: readonly ImportView[] }).items
    if (first === undefined || first.rows === 0) throw new Error('nothing is stored yet')
    return first
  })
  expect((await c.as('reader', 'POST', `/contacts/imports/${id}/cancel`)).status).toBe(403)
  expect((await c.as('stranger', 'POST', `/contacts/imports/${id}/cancel`)).status).toBe(404)
  const canceled = await c.as('admin', 'POST', `/contacts/imports/${id}/cancel`)
  const end = { state: 'interrupted', rows: 1_000, inserted: 1_000, error: 'Ended by usr_admin.' }
  expect(canceled.body).toMatchObject(end)
  file.push(rowsOf(1_500, 1_500))
  file.push(null)
  expect((await sending).status).toBe(400)
  expect(await found(c, id)).toMatchObject(end)
  expect((await c.as('admin', 'POST', `/contacts/imports/${id}/cancel`)).body).toMatchObject(end)
  const { rows } = await c.db.owner.query('SELECT count(*)::int AS n FROM contacts')
  expect(rows).toEqual([{ n: 1_000 }])
})

test('the beginning of a file says what its columns are taken for, and shows what is in them', async () => {
  await using c = await contactsRig()
  const columns = async (file: string, query = ''): Promise<ColumnsAnswer> => {
    const reply = await c.api.server.inject({
      method: 'POST',
      url: `/api/v1/contacts/import/columns?${query}`,
      headers: { 'x-caller': 'admin', 'content-type': 'text/csv' },
      payload: file,
    })
    expect(reply.statusCode).toBe(200)
    return JSON.parse(reply.body) as ColumnsAnswer
  }
  expect(await columns('Telefono;Colore; Nome\n79001234567;rosso;Anna\n')).toEqual({
    columns: [
      { name: 'Telefono', field: 'phone', samples: ['79001234567'] },
      { name: 'Colore', field: null, samples: ['rosso'] },
      { name: 'Nome', field: 'attributes.firstName', samples: ['Anna'] },
    ],
    problem: null,
  })
  expect(await columns('Color\nred\n')).toMatchObject({
    columns: [{ name: 'Color', field: null }],
    problem: expect.stringContaining('tells contacts apart') as unknown,
  })
  expect(await columns(' ')).toMatchObject({ columns: [], problem: 'The file is empty.' })
  const { rows } = await c.db.owner.query('SELECT 1 FROM contact_imports')
  expect(rows).toEqual([])
})

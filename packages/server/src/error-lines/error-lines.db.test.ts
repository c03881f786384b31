import { expect, test } from 'vitest'
import { instant, toIso } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import { testDb } from '@carillon/testkit/test-db'
import { createLog } from '../platform/log.ts'
import { collectErrorLines } from './collect-error-lines.ts'
import { createErrorLineGatherer } from './gather-error-lines.ts'
import { errorLineJobs } from './jobs.ts'
import { keepErrorLines } from './keep-error-lines.ts'

const acme = asId('tenant', '0199a5c2-0000-7000-8000-00000000000a')
const other = asId('tenant', '0199a5c2-0000-7000-8000-00000000000b')
const now = instant(Date.now())

const addTenants = `INSERT INTO tenants (tenant_id, slug, name) VALUES
  ('${acme}', 'acme', 'Acme'), ('${other}', 'other', 'Other')`

const quietly = { write: () => undefined }

/** A process with a log, whose errors are gathered. */
const process = () => {
  const gatherer = createErrorLineGatherer()
  const log = createLog({ level: 'info', destination: quietly, onErrorLine: gatherer.take })
  return { gatherer, log }
}

/** As our log writes it, at another time. */
const lineAt = (at: number, msg: string): string =>
  JSON.stringify({ level: 'error', time: toIso(instant(at)), msg })

test('errors of several processes are counted together, most frequent first; each tenant sees its own', async () => {
  await using db = await testDb()
  await db.owner.query(addTenants)
  const [one, two] = [process(), process()]
  one.log.error(
    { tenant: printId('tenant', acme), reason: 'order 17 is lost' },
    'a function failed',
  )
  two.log.error(
    { tenant: printId('tenant', acme), reason: 'order 18 is lost' },
    'a function failed',
  )
  two.log.error(
    { tenant: printId('tenant', other), reason: 'order 18 is lost' },
    'a function failed',
  )
  two.log.error({ err: new TypeError('broken'), password: 'CANARY' }, 'request failed')
  two.log.warn({}, 'no error')
  await Promise.all([one, two].map(({ gatherer }) => keepErrorLines(db.engine, gatherer)))
  one.log.error(
    { tenant: printId('tenant', acme), reason: 'order 19 is lost' },
    'a function failed',
  )
  one.log.error({ tenant: 'acme' }, 'named by its slug')
  await keepErrorLines(db.engine, one.gatherer)

  const later = instant(Date.now() + 1_000)
  const all = await collectErrorLines(db.engine, undefined, later)
  expect(all).toMatchObject({ timestamp: toIso(later), total: 6 })
  expect(all.errors.map(({ message, tenant, count }) => [message, tenant, count])).toEqual(
    expect.arrayContaining([
      ['a function failed', printId('tenant', acme), 3],
      ['request failed', undefined, 1],
      ['a function failed', printId('tenant', other), 1],
    ]),
  )
  expect(all.errors[0]).toMatchObject({
    count: 3,
    line: expect.stringContaining('"reason":"order') as string,
  })
  expect(JSON.stringify(all)).not.toContain('CANARY')

  const own = await collectErrorLines(db.engine, acme, later)
  expect(own.errors.map(({ count, detail }) => [count, detail])).toEqual([
    [3, expect.stringMatching(/^order 1[789] is lost$/)],
    [1, undefined],
  ])
})

test('a day is collected, and no older one; after three days lines are forgotten', async () => {
  await using db = await testDb()
  const gatherer = createErrorLineGatherer()
  const hour = 3_600_000
  for (const hours of [1, 23, 25, 24 * 4])
    gatherer.take(lineAt(now - hours * hour, `${'x'.repeat(hours % 50)} hours ago`))
  await keepErrorLines(db.engine, gatherer)
  const { errors } = await collectErrorLines(db.engine, undefined, now)
  expect(new Set(errors.map(({ message }) => message.length))).toEqual(new Set([11, 33]))
  const [job] = errorLineJobs({ pool: db.engine })
  expect(await job?.turn()).toBe(1)
  expect(await job?.turn()).toBe(0)
})

test('a tenant that is not there leaves its errors to the installation', async () => {
  await using db = await testDb()
  const { gatherer, log } = process()
  log.error({ tenant: printId('tenant', acme) }, 'x')
  log.error({}, 'x')
  await keepErrorLines(db.engine, gatherer)
  const { errors } = await collectErrorLines(db.engine, undefined, instant(Date.now()))
  expect(errors.map(({ tenant, count }) => [tenant, count])).toEqual([
    [undefined, 1],
    [undefined, 1],
  ])
})

test('what there is no room for is counted as one', async () => {
  await using db = await testDb()
  const gatherer = createErrorLineGatherer()
  const words = (n: number): string => n.toString(2).replaceAll('0', 'o').replaceAll('1', 'i')
  const take = (from: number, until: number): void => {
    for (let n = from; n < until; n += 1) gatherer.take(lineAt(now, words(n)))
  }
  take(0, 150)
  await keepErrorLines(db.engine, gatherer)
  take(100, 1_300)
  gatherer.take('not a line of ours')
  await keepErrorLines(db.engine, gatherer)
  const { errors, total } = await collectErrorLines(db.engine, undefined, now)
  expect(total).toBe(1_350)
  expect(errors.length).toBe(201)
  expect(errors[0]).toMatchObject({ message: 'further errors of other kinds', count: 1_100 })
})

test('what can not be stored is kept for the next time', async () => {
  await using db = await testDb()
  const { gatherer, log } = process()
  log.error({}, 'x')
  await db.owner.query('ALTER TABLE error_lines RENAME TO away')
  await expect(keepErrorLines(db.engine, gatherer)).rejects.toThrow('error_lines')
  await db.owner.query('ALTER TABLE away RENAME TO error_lines')
  log.error({}, 'x')
  expect(await keepErrorLines(db.engine, gatherer)).toBe(1)
  const { total } = await collectErrorLines(db.engine, undefined, instant(Date.now()))
  expect(total).toBe(2)
})

test('however many and long they are, the data fits into an event; the frequent ones keep their lines', async () => {
  await using db = await testDb()
  const gatherer = createErrorLineGatherer()
  const words = (n: number): string => n.toString(2).replaceAll('0', 'o').replaceAll('1', 'i')
  for (const slot of [0, 1, 2, 3, 4, 5]) {
    for (let n = 0; n < 190; n += 1) {
      const msg = `${words(slot * 1_000 + n)} ${'long '.repeat(200)}`
      gatherer.take(lineAt(now - slot * 300_000, msg))
    }
    await keepErrorLines(db.engine, gatherer)
  }
  const data = await collectErrorLines(db.engine, undefined, now)
  expect(JSON.stringify(data).length).toBeLessThan(256_000)
  expect(data.kinds).toBe(1_000)
  expect(data.errors.length).toBeLessThan(data.kinds)
  expect(data.errors[0]?.line).toContain('"level":"error"')
  expect(data.errors.at(-1)?.line).toBeUndefined()
})

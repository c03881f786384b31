/**
 * The worked example of docs/guides/signature-to-order.md: a quote goes from sent to signed to order, by rules on
 * `status.changed`. Real process, real Postgres, a fake Universign with signed hooks, a fake ERP, a store that speaks S3, the
 * archive folder. Every action happens once: also with hooks that are forged, replayed and out of order, and with kill -9.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import {
  startFakeUniversign,
  type FakeHook,
  type FakeUniversign,
} from '@carillon/testkit/fake-universign'
import { startFakeErp, type FakeErp } from '@carillon/testkit/fake-erp'
import { startFakeS3, type FakeS3 } from '@carillon/testkit/fake-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wireSignatureToOrder } from '../../examples/signature-to-order.ts'

type Parts = {
  readonly carillon: Carillon
  readonly universign: FakeUniversign
  readonly erp: FakeErp
  readonly s3: FakeS3
  readonly integration: string
}
const state: { parts?: Parts } = {}
const parts = (): Parts => {
  if (state.parts === undefined) throw new Error('not started')
  return state.parts
}

const call = async (
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> => {
  const answer = await parts().carillon.call(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body as Record<string, unknown>
}

beforeAll(async () => {
  const [universign, erp, s3, carillon] = await Promise.all([
    startFakeUniversign(),
    startFakeErp(),
    startFakeS3(),
    startCarillon(),
  ])
  const integration = await wireSignatureToOrder({
    url: carillon.url(),
    apiKey: carillon.apiKey,
    universign: { baseUrl: universign.url, apiKey: universign.apiKey },
    erp: { baseUrl: erp.url, token: erp.token },
    notify: { url: `${erp.url}/notified` },
    s3: { ...s3, baseUrl: s3.url, bucket: 'contracts' },
    // Soon enough for a test.
    retry: { every: '300ms', max: 40 },
  })
  state.parts = { carillon, universign, erp, s3, integration }
})
afterAll(async () => {
  const started = state.parts
  await started?.carillon[Symbol.asyncDispose]()
  await started?.universign[Symbol.asyncDispose]()
  await started?.erp[Symbol.asyncDispose]()
  await started?.s3[Symbol.asyncDispose]()
})

const pdfOf = (n: number): Buffer => Buffer.from(`%PDF-1.7 signed quote ${n}`)

const startTransaction = (n: number): void => {
  parts().universign.transactions.set(`tx_${n}`, {
    state: 'started',
    participants: [{ email: 'anna@example.org', full_name: 'Anna Rossi' }],
    documents: [{ id: `doc_${n}`, name: `DE${n}.pdf` }],
  })
}

/** A quote that was sent for signature. Returns the tracked item's id. */
const sendQuote = async (n: number): Promise<string> => {
  const { integration } = parts()
  startTransaction(n)
  const reference = `DE${n}`
  const body = { integration, remoteId: `tx_${n}`, reference, metadata: { customer: 'C7' } }
  return String((await call('POST', '/tracked-items', body))['id'])
}

/** Anna signs. */
const sign = (n: number): void => {
  const { universign } = parts()
  universign.files.set(`tx_${n}/doc_${n}`, pdfOf(n))
  const before = universign.transactions.get(`tx_${n}`)
  universign.transactions.set(`tx_${n}`, { ...before, state: 'completed' })
}

const completed = (n: number): FakeHook =>
  parts().universign.hook('transaction.lifecycle.completed', {
    object: 'transaction',
    id: `tx_${n}`,
    state: 'completed',
  })

const postHook = async ({ body, headers }: FakeHook): Promise<number> => {
  const { carillon, integration } = parts()
  const answer = await fetch(`${carillon.url()}/hooks/${integration}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  return answer.status
}

const stateOf = async (item: string): Promise<string> =>
  String((await call('GET', `/tracked-items/${item}`))['localState'])

const reaches = async (item: string, wanted: string): Promise<void> =>
  await eventually(async () => expect(await stateOf(item)).toBe(wanted), 30_000)

/** All four actions of a signed quote, and each of them once. */
const becameOrder = async (n: number): Promise<void> => {
  const { erp, s3 } = parts()
  await eventually(() => {
    expect(erp.fieldHistory(`DE${n}`)).toEqual(['EN_COURS', 'SIGNE'])
    expect(erp.orders.filter((quote) => quote === `DE${n}`)).toEqual([`DE${n}`])
    expect(erp.notified.filter((about) => about === `DE${n} SIGNE`)).toHaveLength(1)
    expect(s3.objects.get(`contracts/DE${n}/tx_${n}-doc_${n}.pdf`)).toEqual(pdfOf(n))
  }, 60_000)
  const written = s3.writes.filter((line) => line === `200 contracts/DE${n}/tx_${n}-doc_${n}.pdf`)
  expect(written).toHaveLength(1)
  await eventually(async () => expect(await archived(`DE${n}`)).toEqual([`tx_${n}-doc_${n}.pdf`]))
}

const archived = async (reference: string): Promise<readonly string[]> => {
  const root = join(parts().carillon.dataDir, 'archive')
  const [tenant = ''] = await readdir(root)
  const names = await readdir(join(root, tenant, reference))
  return names.filter((name) => !name.startsWith('.'))
}

describe('a quote that is signed becomes an order', () => {
  test('sent, signed, order: the ERP, the workflow, the notice, the archive, once each', async () => {
    const item = await sendQuote(1)
    await reaches(item, 'EN_COURS')
    sign(1)
    expect(await postHook(completed(1))).toBe(202)
    await reaches(item, 'SIGNE')
    await becameOrder(1)
    const { erp, carillon } = parts()
    expect(erp.puts.find(({ value }) => value === 'SIGNE')).toMatchObject({
      document: 'DE1',
      field: 'STATUT_SIGNATURE',
      key: `${item}/2`,
      body: { source: 'universign', externalId: 'tx_1', previousValue: 'EN_COURS' },
    })
    const archive = await eventually(async () => {
      const { items } = (await call('GET', '/deliveries?limit=200')) as unknown as {
        items: readonly { channel: string; state: string; id: string }[]
      }
      const found = items.filter(({ channel }) => channel === 'archive')
      expect(found.map(({ state: each }) => each)).toEqual(['sent', 'sent'])
      return found
    })
    const one = (await call('GET', `/deliveries/${archive[0]?.id}`)) as unknown as {
      attempts: { providerIds: string[] }[]
    }
    expect(one.attempts[0]?.providerIds).toContainEqual(
      expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    )
    const root = join(carillon.dataDir, 'archive')
    const [tenant = ''] = await readdir(root)
    expect(await readFile(join(root, tenant, 'DE1/tx_1-doc_1.pdf'))).toEqual(pdfOf(1))
  })

  test('hooks that are forged are refused, those that are replayed or late change nothing', async () => {
    const { universign, erp } = parts()
    const item = await sendQuote(2)
    await reaches(item, 'EN_COURS')
    const good = completed(2)
    const forged = { ...good, body: good.body.replace('tx_2', 'tx_1') }
    expect(await postHook(forged)).toBe(401)
    expect(await postHook({ body: good.body, headers: {} })).toBe(401)
    // Believed for a hint only: the transaction is not completed.
    expect(await postHook(good)).toBe(202)
    await eventually(async () => {
      const { items } = (await call('GET', `/tracked-items/${item}/log`)) as {
        items: readonly { type: string }[]
      }
      expect(items[0]?.type).toBe('webhook:transaction.lifecycle.completed')
    })
    expect(await stateOf(item)).toBe('EN_COURS')
    sign(2)
    const started = universign.hook('transaction.lifecycle.started', {
      object: 'transaction',
      id: 'tx_2',
    })
    const signed = completed(2)
    for (const hook of [signed, started, signed, signed]) expect(await postHook(hook)).toBe(202)
    await becameOrder(2)
    const later = completed(2)
    await postHook(later)
    await eventually(async () => {
      const { items } = (await call('GET', `/tracked-items/${item}/log`)) as {
        items: readonly { type: string; forced: boolean; after: string }[]
      }
      expect(items.length).toBeGreaterThanOrEqual(4)
      expect(items[0]).toMatchObject({ after: 'SIGNE' })
    })
    await becameOrder(2)
    expect(erp.orders.filter((quote) => quote === 'DE2')).toHaveLength(1)
  })

  test('a refusal stops at the ERP and the notice', async () => {
    const { universign, erp, s3 } = parts()
    const item = await sendQuote(3)
    await reaches(item, 'EN_COURS')
    const before = universign.transactions.get('tx_3')
    universign.transactions.set('tx_3', { state: 'started', ...before, stalled: true })
    const object = {
      participant_email: 'anna@example.org',
      action_id: 'act_1',
      transaction_id: 'tx_3',
      stalled_reason: 'signature_refusal',
    }
    expect(await postHook(universign.hook('action.stalled', object))).toBe(202)
    await reaches(item, 'REFUSE')
    await eventually(() => {
      expect(erp.fieldHistory('DE3')).toEqual(['EN_COURS', 'REFUSE'])
      expect(erp.notified).toContain('DE3 REFUSE')
    }, 30_000)
    expect(erp.orders).not.toContain('DE3')
    expect([...s3.objects.keys()].some((key) => key.includes('DE3'))).toBe(false)
  })

  test('a quote that is locked in the ERP, a store that is down: tried again until it is done', async () => {
    const { erp, s3 } = parts()
    const item = await sendQuote(4)
    await reaches(item, 'EN_COURS')
    erp.lock('DE4', 3)
    s3.fail(2, 503, 'SlowDown')
    sign(4)
    await postHook(completed(4))
    await becameOrder(4)
    expect(await stateOf(item)).toBe('SIGNE')
  })

  test('a quote that only an event tells of is followed like any other', async () => {
    startTransaction(5)
    const data = { transaction_id: 'tx_5', quote: 'DE5', customer: 'C7' }
    const event = { specversion: '1.0', id: 'sent-5', source: 'crm', type: 'quote.sent', data }
    await call('POST', '/events', event)
    const { items } = (await call('GET', '/tracked-items?remoteId=tx_5')) as {
      items: readonly { id: string; reference: string; metadata: object }[]
    }
    expect(items).toMatchObject([{ reference: 'DE5', metadata: { customer: 'C7' } }])
    await reaches(items[0]?.id ?? '', 'EN_COURS')
    await eventually(() => expect(parts().erp.fieldHistory('DE5')).toEqual(['EN_COURS']))
  })

  test('a hook about something that nobody follows is refused with a line in the log', async () => {
    const { universign } = parts()
    const hook = universign.hook('transaction.lifecycle.completed', {
      object: 'transaction',
      id: 'tx_unknown',
    })
    expect(await postHook(hook)).toBe(202)
    await eventually(async () => {
      const { items } = (await call('GET', '/tracked-items/looks?success=false')) as {
        items: readonly { remoteId: string; item: string | null }[]
      }
      expect(items).toContainEqual(expect.objectContaining({ remoteId: 'tx_unknown', item: null }))
    })
  })

  test('kill -9 in the middle of it all: every quote becomes one order', async () => {
    const { carillon, erp } = parts()
    const quotes = Array.from({ length: 12 }, (_, at) => 100 + at)
    const items = await Promise.all(quotes.map(async (n) => sendQuote(n)))
    for (const item of items) await reaches(item, 'EN_COURS')
    for (const n of quotes) sign(n)
    const hooks = quotes.map((n) => completed(n))
    for (const hook of hooks.slice(0, 6)) expect(await postHook(hook)).toBe(202)
    await carillon.kill()
    await carillon.start()
    for (const hook of hooks) expect(await postHook(hook)).toBe(202)
    const orders = erp.orders.length
    await eventually(() => expect(erp.orders.length).toBeGreaterThan(orders), 30_000)
    await carillon.kill()
    await carillon.start()
    for (const n of quotes) await becameOrder(n)
    for (const item of items) expect(await stateOf(item)).toBe('SIGNE')
  })
})

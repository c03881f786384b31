import { randomBytes, randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { expect, test } from 'vitest'
import { connectors } from '@carillon/connectors/registry.gen'
import type { SourceEvent } from '@carillon/connectors/source'
import { asId, printId, type DeliveryId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { createPecProvider } from '@carillon/testkit/pec-provider'
import { testDb } from '@carillon/testkit/test-db'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { systemClock } from '../platform/clock.ts'
import { query } from '../platform/db/statement.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createKeyring } from '../platform/secrets/keyring.ts'
import { createVerifySignature } from '../platform/smime/verify-signature.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { applyReceipts } from '../receipts/apply-receipts.ts'
import { findReceiptsOfDelivery } from '../receipts/queries.ts'
import { forgetDeliveries } from '../retention/queries.ts'
import { retryQuarantined } from '../sources/read-again.ts'
import { correlatePec } from './correlate-pec.ts'

type Over = {
  readonly type?: string
  readonly wireType?: string
  readonly at?: string
  readonly valid?: boolean
  readonly reference?: string
  /** Of daticert.xml, where it differs from the header's. */
  readonly certifiedReference?: string | null
  readonly certifiedType?: string
  readonly sender?: string
  readonly recipient?: string
  readonly recipientType?: string
  readonly error?: string
  readonly errorDetail?: string
  readonly messageId?: string
}

const wireTypes: Readonly<Record<string, string>> = {
  mancata_consegna: 'preavviso-errore-consegna',
  preavviso_mancata_consegna: 'preavviso-errore-consegna',
}

/** The event of a receipt, as the mailbox source makes it. */
const mailOf = (reference: string, over: Over = {}): SourceEvent => {
  const type = over.type ?? 'avvenuta_consegna'
  const wireType = over.wireType ?? wireTypes[type] ?? type.replaceAll('_', '-')
  const named = over.certifiedReference === undefined ? reference : over.certifiedReference
  const recipient = over.recipient ?? 'b@pec.example'
  const recipientType = over.recipientType ?? 'certificato'
  const valid = over.valid ?? true
  return {
    id: over.messageId ?? `<${randomUUID()}@gestore.example>`,
    source: 'mail/ufficio@pec.example',
    type: 'mail.received',
    data: {
      pec_type: type,
      pec: {
        kind: 'receipt',
        wire_type: wireType,
        identifier: 'opec1',
        reference_message_id: named ?? reference,
        error: over.error ?? null,
        error_detail: over.errorDetail ?? null,
        recipient: type.endsWith('accettazione') ? null : recipient,
        recipients: [{ address: recipient, type: recipientType }],
        timestamp: over.at ?? '2026-09-15T10:00:00.000Z',
        certified: {
          type: over.certifiedType ?? wireType,
          reference_message_id: named,
          sender: over.sender ?? 'ufficio@pec.example',
        },
        signature: { valid, reason: valid ? null : 'no configured authority vouches for it' },
      },
    },
  }
}

/** A mail that was sent to B@pec.example through this integration, as the engine leaves it. */
const insertSent = async (
  owner: Pool,
  tenantId: string,
  integrationId: string,
  id: string,
): Promise<void> => {
  await owner.query(
    `INSERT INTO deliveries (tenant_id, id, event_id, plan_id, addresses, recipient, send_until, created_at)
     VALUES ($1, $2, $3, $4, '{B@pec.example}', 'B@pec.example', now() + interval '1 day', now())`,
    [tenantId, id, randomUUID(), randomUUID()],
  )
  await owner.query(
    `INSERT INTO settlements (tenant_id, delivery_id, turn, state, outcome, attempt, step, integration_id, started_at,
       provider_ids, settled_at) VALUES ($1, $2, 1, 'sent', 'accepted', 1, 0, $3, now(), '{}', now())`,
    [tenantId, id, integrationId],
  )
  await owner.query(
    `INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created, sent)
     VALUES ($1, (now() AT TIME ZONE 'UTC')::date, $2, 0, 1, 1)
     ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + 1, sent = c.sent + 1`,
    [tenantId, integrationId],
  )
}

const setUp = async () => {
  const db = await testDb()
  const make = given(db.owner)
  const tenantId = await make.tenant()
  const settings = { from: { address: 'Ufficio@pec.example' } }
  const smtp = await make.integration(tenantId, { connector: 'smtp', channel: 'email', settings })
  const mailbox = await make.integration(tenantId, { connector: 'imap' })
  const deliver = async (id: string = randomUUID()): Promise<DeliveryId> => {
    await insertSent(db.owner, tenantId, smtp, id)
    return asId('delivery', id)
  }
  const referenceOf = (id: DeliveryId): string => `<${printId('delivery', id)}@pec.example>`
  /** Stores these mails as one batch of the mailbox's source, and lets their receipts take effect. */
  const receive = async (
    events: readonly SourceEvent[],
    over: { tenantId?: string; connector?: string } = {},
  ) => {
    await inTransaction(db.engine, async (client) => {
      await correlatePec(client, {
        tenantId: over.tenantId ?? tenantId,
        integrationId: mailbox,
        connector: over.connector ?? 'imap',
        events: events.map((event) => ({ event, eventId: randomUUID(), duplicate: false })),
      })
    })
    // One move of a delivery a batch: the others are due a little later.
    for (let round = 0; round < 4; round += 1) {
      await db.owner.query(`UPDATE receipts SET next_try_at = now() - interval '1 s'`)
      await applyReceipts(db.engine, { shard: 0 })
    }
  }
  const stateOf = async (id: DeliveryId): Promise<string> => {
    const { rows } = await db.owner.query<{ state: string }>(
      `SELECT state FROM settlements WHERE delivery_id = $1 ORDER BY turn DESC LIMIT 1`,
      [id],
    )
    return rows[0]?.state ?? ''
  }
  const receiptsOf = async (id: DeliveryId) =>
    await query<{ kind: string; reason: string; certified: boolean; event_id: string | null }>(
      db.owner,
      findReceiptsOfDelivery,
      [tenantId, id, 100],
    )
  const kindsOf = async (id: DeliveryId) => (await receiptsOf(id)).map(({ kind }) => kind)
  return {
    db,
    make,
    tenantId,
    smtp,
    mailbox,
    deliver,
    referenceOf,
    receive,
    stateOf,
    receiptsOf,
    kindsOf,
  }
}

const accepted: Over = { type: 'accettazione', at: '2026-09-15T10:00:00.000Z' }
const arrived: Over = { type: 'avvenuta_consegna', at: '2026-09-15T10:01:00.000Z' }

test('acceptance and delivery make the delivery delivered, with both receipts and the mails that brought them', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  const reference = rig.referenceOf(id)
  await rig.receive([mailOf(reference, accepted)])
  expect(await rig.stateOf(id)).toBe('sent')
  await rig.receive([mailOf(reference, arrived)])
  expect(await rig.stateOf(id)).toBe('delivered')
  const uuid = expect.any(String) as string
  expect(await rig.receiptsOf(id)).toMatchObject([
    { kind: 'accepted', reason: 'accettazione', certified: true, event_id: uuid },
    { kind: 'delivered', reason: 'avvenuta-consegna', certified: true, event_id: uuid },
  ])
})

test('in any order, in one batch or several, and repeated: each receipt is there once', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  const mails = [arrived, accepted, arrived].map((over) => mailOf(rig.referenceOf(id), over))
  await rig.receive(mails)
  await rig.receive(mails.toReversed())
  expect(await rig.stateOf(id)).toBe('delivered')
  expect(await rig.kindsOf(id)).toEqual(['accepted', 'delivered'])
})

test('a receipt replayed in another mail is the same receipt', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  const notice: Over = { type: 'preavviso_mancata_consegna', at: '2026-09-15T22:00:00.000Z' }
  for (let n = 0; n < 3; n += 1)
    await rig.receive([mailOf(rig.referenceOf(id), { ...notice, messageId: `<replay-${n}@x>` })])
  // Were the copies taken for a second notice, the delivery would have failed.
  expect(await rig.kindsOf(id)).toEqual(['delayed'])
  expect(await rig.stateOf(id)).toBe('sent')
})

test('a mailbox that does not exist: failed, and the address is suppressed', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  const over = {
    type: 'errore_consegna',
    error: 'altro',
    errorDetail: '5.1.1 - indirizzo non valido',
  }
  await rig.receive([mailOf(rig.referenceOf(id), accepted), mailOf(rig.referenceOf(id), over)])
  expect(await rig.stateOf(id)).toBe('bounced')
  expect((await rig.receiptsOf(id)).at(-1)).toMatchObject({
    kind: 'failed',
    reason: 'errore-consegna: altro: 5.1.1 - indirizzo non valido',
  })
  const { rows } = await rig.db.owner.query('SELECT address, reason FROM suppressions')
  expect(rows).toMatchObject([{ address: 'b@pec.example', reason: 'invalid' }])
})

test('a refusal ends it; a virus suppresses nobody', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  await rig.receive([mailOf(rig.referenceOf(id), { type: 'non_accettazione', error: 'virus' })])
  expect(await rig.stateOf(id)).toBe('bounced')
  const { rows } = await rig.db.owner.query('SELECT 1 FROM suppressions')
  expect(rows).toEqual([])
})

test('two notices: the second one is the end, and a delivery after it wins all the same', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  const notice = (at: string) =>
    mailOf(rig.referenceOf(id), { type: 'preavviso_mancata_consegna', at })
  await rig.receive([notice('2026-09-15T22:00:00.000Z')])
  expect(await rig.stateOf(id)).toBe('sent')
  await rig.receive([notice('2026-09-16T09:00:00.000Z')])
  expect(await rig.stateOf(id)).toBe('bounced')
  await rig.receive([mailOf(rig.referenceOf(id), { ...arrived, at: '2026-09-16T10:00:00.000Z' })])
  expect(await rig.stateOf(id)).toBe('delivered')
  const { rows } = await rig.db.owner.query<Record<string, number>>(
    'SELECT sum(sent)::int AS sent, sum(bounced)::int AS bounced, sum(delivered)::int AS delivered FROM delivery_counters',
  )
  expect(rows).toEqual([{ sent: 0, bounced: 0, delivered: 1 }])
})

test('acceptance says so when no receipt of delivery will ever come', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  await rig.receive([mailOf(rig.referenceOf(id), { ...accepted, recipientType: 'esterno' })])
  expect(await rig.receiptsOf(id)).toMatchObject([
    { reason: expect.stringContaining('not certified') as string },
  ])
})

test.each<[string, Over, RegExp]>([
  ['without a good signature', { valid: false }, /no configured authority/],
  ['whose signed part says another type', { certifiedType: 'accettazione' }, /"accettazione"/],
  ['whose signed part names no message', { certifiedReference: null }, /names no mail/],
  ['about somebody else’s mail with our Message-ID', { sender: 'eve@pec.example' }, /eve@pec/],
  ['about another recipient', { recipient: 'c@pec.example' }, /c@pec\.example/],
])('a receipt %s is shown as a claim and moves nothing (T-X7)', async (_name, over, why) => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  await rig.receive([mailOf(rig.referenceOf(id), over)])
  expect(await rig.stateOf(id)).toBe('sent')
  expect(await rig.receiptsOf(id)).toMatchObject([
    {
      kind: 'unverified',
      certified: false,
      reason: expect.stringMatching(why) as string,
      event_id: expect.any(String) as string,
    },
  ])
})

test('a good receipt for another message does nothing to the one that its header names', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const [id, other] = [await rig.deliver(), await rig.deliver()]
  // The parser takes what is signed; the header named the first one.
  await rig.receive([mailOf(rig.referenceOf(id), { certifiedReference: rig.referenceOf(other) })])
  expect(await rig.stateOf(id)).toBe('sent')
  expect(await rig.kindsOf(id)).toEqual([])
  expect(await rig.stateOf(other)).toBe('delivered')
  await rig.receive([mailOf('<somebody@else.example>')])
})

test('claims are shown up to twenty', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  const forged = Array.from({ length: 30 }, () => mailOf(rig.referenceOf(id), { valid: false }))
  await rig.receive(forged)
  expect(await rig.kindsOf(id)).toHaveLength(20)
})

test('a receipt reaches only deliveries of its mailbox’s tenant, and only from a mailbox', async () => {
  const rig = await setUp()
  await using _db = rig.db
  const id = await rig.deliver()
  await rig.receive([mailOf(rig.referenceOf(id))], { tenantId: await rig.make.tenant() })
  await rig.receive([mailOf(rig.referenceOf(id))], { connector: 'inbound' })
  expect(await rig.kindsOf(id)).toEqual([])
})

test('facts go with their delivery', async () => {
  const rig = await setUp()
  await using _db = rig.db
  // Its id says when it was made.
  const id = await rig.deliver('01800000-0000-7000-8000-000000000000')
  await rig.receive([mailOf(rig.referenceOf(id), arrived)])
  const parts = async () => (await rig.db.owner.query('SELECT 1 FROM pec_parts')).rows.length
  expect(await parts()).toBe(1)
  expect(await forgetDeliveries(rig.db.engine, rig.tenantId, { days: 30, limit: 10 })).toBe(1)
  expect(await parts()).toBe(0)
})

test('a receipt that lay in quarantine counts when it is read again, as one that the mailbox brought', async () => {
  const rig = await setUp()
  await using _db = rig.db
  await using provider = await createPecProvider()
  const id = await rig.deliver()
  await rig.db.owner.query(`UPDATE integrations SET settings = $2 WHERE id = $1`, [
    rig.mailbox,
    { address: 'ufficio@pec.example', trust: { ca: provider.ca } },
  ])
  const raw = await provider.receipt({
    type: 'avvenuta-consegna',
    reference: rig.referenceOf(id),
    sender: 'ufficio@pec.example',
    recipient: 'b@pec.example',
  })
  const item = asId('quarantined', randomUUID())
  await rig.db.owner.query(
    `INSERT INTO source_quarantine (tenant_id, id, integration_id, item_id, reason, raw, raw_bytes)
     VALUES ($1, $2, $3, 'x', 'the parser was worse then', $4, $5)`,
    [rig.tenantId, item, rig.mailbox, Buffer.from(raw), raw.length],
  )
  const renderer = createTemplateRenderer()
  const answer = await retryQuarantined(
    {
      tenantId: asId('tenant', rig.tenantId),
      id: asId('integration', rig.mailbox),
      item,
      signal: new AbortController().signal,
    },
    {
      pool: rig.db.app,
      enginePool: rig.db.engine,
      keyring: createKeyring([{ id: 'test', key32: randomBytes(32) }], 'test'),
      connectors,
      http: { request: async () => ({ kind: 'not_sent', reason: 'blocked', message: '' }) },
      renderer,
      clock: systemClock,
      acceptEvents: createAcceptEvents({
        newId: createSystemIdGenerator(),
        renderer,
        shard: 0,
      }),
      onAccepted: () => {},
      onStored: correlatePec,
      verifySignature: createVerifySignature({ clock: systemClock }),
      check: { errorsOf: () => [] },
    },
  )
  expect(answer).toMatchObject({ ok: true, events: [{ duplicate: false }] })
  await applyReceipts(rig.db.engine, { shard: 0 })
  expect(await rig.kindsOf(id)).toEqual(['delivered'])
  expect(await rig.stateOf(id)).toBe('delivered')
})

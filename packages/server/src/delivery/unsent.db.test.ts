/** A message that can't be rendered is no exchange: it says nothing of the integration whose breaker is half-open. */
import { randomBytes, randomUUID } from 'node:crypto'
import { connectors } from '@carillon/connectors/registry.gen'
import { instant } from '@carillon/domain/clock'
import { engineRig } from '@carillon/testkit/engine-rig'
import { given } from '@carillon/testkit/given'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { createHttpOut } from '../platform/outbound/http-out.ts'
import { createSmtpOut } from '../platform/outbound/smtp-out.ts'
import { createKeyring } from '../platform/secrets/keyring.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { createSender } from './send-delivery.ts'

test('a template that fails rejects the message and is marked as never sent', async () => {
  await using db = await testDb()
  const r = await engineRig(db)
  const integrationId = await given(db.owner).integration(r.tenantId, {
    connector: 'http',
    channel: 'http',
    settings: { url: 'http://127.0.0.1:9/', method: 'POST', body: '{{ content.text }}' },
  })
  await given(db.owner).rule(r.tenantId, {
    plan: { steps: [{ integrationId, to: 'a' }], content: { text: '{% unheard of %}' } },
  })
  await r.accept(1)
  const [lane] = await r.store.findLanes([])
  if (lane === undefined) throw new Error('no lane')
  const claims = await r.store.claim([{ ...lane, take: 1, from: instant(0), onlyPassing: false }], {
    owner: randomUUID(),
    leaseMs: 30_000,
  })
  const [claim] = claims
  if (claim === undefined) throw new Error('no claim')
  const [http, smtp] = [createHttpOut({ allowPrivate: [] }), createSmtpOut({ allowPrivate: [] })]
  const sender = createSender({
    pool: db.engine,
    keyring: createKeyring([{ id: 'test', key32: randomBytes(32) }], 'test'),
    connectors,
    http: http.port,
    smtp: smtp.port,
    renderer: createTemplateRenderer(),
  })
  await sender.load(claims)
  const { next } = sender.prepare(claim)
  if (next.kind !== 'exchange') throw new Error(next.gate.kind)
  const outcome = await next.exchange(claim.claimedAt, new AbortController().signal)
  await Promise.all([http.close(), smtp.close()])
  expect(outcome).toMatchObject({ kind: 'message_rejected', unsent: true })
})

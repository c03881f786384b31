import { expect, test } from 'vitest'
import type { PollResult, SourceEvent } from '@carillon/connectors/source'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { sourceRig } from '@carillon/testkit/source-rig'

const event: SourceEvent = { id: 'd1', source: 'well', type: 'drop', data: {} }

test('a source that its own worker has lost and claimed again is kept by the later run', async () => {
  const runs: {
    readonly gate: PromiseWithResolvers<PollResult>
    readonly signal: AbortSignal
  }[] = []
  await using rig = await sourceRig({
    poll: async (_place, { signal }) => {
      const gate = Promise.withResolvers<PollResult>()
      runs.push({ gate, signal })
      return await gate.promise
    },
  })
  const worker = rig.worker({ leaseMs: 100 })
  await worker.claimDue()
  await eventually(async () => {
    await worker.claimDue()
    expect(runs).toHaveLength(2)
  })
  expect(runs[0]?.signal.aborted).toBe(true)
  runs[0]?.gate.resolve({ kind: 'events', events: [event], cursor: null, more: false })
  await eventually(() => expect(worker.held()).toEqual([rig.integrationId]))
  await eventually(async () => expect((await rig.runs())[0]).toMatchObject({ outcome: 'lost' }))
  await worker.stop()
  expect(runs[1]?.signal.aborted).toBe(true)
  expect(await rig.events()).toEqual([])
})

test('sources of one tenant that never end leaves room for the others’', async () => {
  await using rig = await sourceRig({
    poll: async (_place, { signal }) =>
      await new Promise<PollResult>((resolve) => {
        signal.addEventListener('abort', () => resolve({ kind: 'retry', reason: 'stopped' }))
      }),
  })
  const make = given(rig.db.owner)
  for (let n = 0; n < 40; n += 1)
    await make.integration(rig.tenantId, { connector: 'well', channel: `x${n}` })
  const neighbour = await make.integration(await make.tenant(), {
    connector: 'well',
    channel: 'x',
  })
  const worker = rig.worker()
  await worker.adopt()
  await worker.claimDue()
  await worker.claimDue()
  expect(worker.held()).toContain(neighbour)
  expect(worker.held()).toHaveLength(25)
})

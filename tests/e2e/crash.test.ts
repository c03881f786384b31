import { describe, expect, test } from 'vitest'
import { canMount } from '../crash/fill-disk.ts'
import { runs } from '../crash/runs.ts'

const mayMount = await canMount()

describe('crashes: nothing is lost, what comes twice is marked, and the ledger adds up', () => {
  test('T-K1: three workers, killed 15 times during 5,000 deliveries', async () => {
    expect((await runs['T-K1'].short()).violations).toEqual([])
  })

  test('T-K1 over two channels: a worker, killed 3 times while it sends webhooks and mails', async () => {
    expect((await runs['T-K1 mail'].short()).violations).toEqual([])
  })

  test('T-K2: the API, killed 8 times while clients post and repeat', async () => {
    expect((await runs['T-K2'].short()).violations).toEqual([])
  })

  test('T-K3: the embedded Postgres, killed 4 times, and half of its sessions ended 8 times', async () => {
    expect((await runs['T-K3'].short()).violations).toEqual([])
  })

  test('T-K4: workers that stand still for longer than their leases, and then go on', async () => {
    expect((await runs['T-K4'].short()).violations).toEqual([])
  })

  test('T-K6: deliveries that can not be read, can not be settled or take their worker along', async () => {
    expect((await runs['T-K6'].short()).violations).toEqual([])
  })

  test('T-K7: every connection to the database goes silent: not ready, and back within 15 s', async () => {
    expect((await runs['T-K7'].short()).violations).toEqual([])
  })

  test('T-K8: the answers to 5 % of all transactions get lost', async () => {
    expect((await runs['T-K8'].short()).violations).toEqual([])
  })

  test('T-K10: one process after the other is restarted under load, and nobody notices', async () => {
    expect((await runs['T-K10'].short()).violations).toEqual([])
  })

  test('T-D2: workers, sweepers and people change the same rows at once, without a deadlock', async () => {
    expect((await runs['T-D2'].short()).violations).toEqual([])
  })

  test('T-D5: hogs take the processors and the disk, and no lease runs out', async () => {
    expect((await runs['T-D5'].short()).violations).toEqual([])
  })

  test.skipIf(!mayMount)(
    'T-D3: the disk fills up under load and is freed again (left out where no tmpfs can be mounted)',
    async () => {
      expect((await runs['T-D3'].short()).violations).toEqual([])
    },
  )

  test('T-D4: a process that may open fewer files than it has exchanges loses nothing', async () => {
    expect((await runs['T-D4'].short()).violations).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { runs } from '../crash/runs.ts'

describe('fairness and limits', () => {
  test('T-F1, T-F2: 100,000 deliveries to endpoints that hang or fail delay neither a quiet tenant nor a good endpoint', async () => {
    expect((await runs['T-F1'].short()).violations).toEqual([])
  })

  test('T-R1: three workers never overshoot a shared rate limit, and use 95 % of it', async () => {
    expect((await runs['T-R1'].short()).violations).toEqual([])
  })

  test('T-T0b: 4,000 deliveries reach their end waiting, in flight or between tries: not a byte is sent later', async () => {
    expect((await runs['T-T0b'].short()).violations).toEqual([])
  })

  test('T-T0b, clocks: workers whose clocks are 5 s off send nothing, one that is 0.7 s off is never late', async () => {
    expect((await runs['T-T0b clocks'].short()).violations).toEqual([])
  })

  test('T-T0b, moved: the end of 2,000 deliveries under way comes nearer, and not a byte is sent after it', async () => {
    expect((await runs['T-T0b moved'].short()).violations).toEqual([])
  })

  test('T-D1: slow statements hold all connections of the API: 503 soon, and the worker does not feel it', async () => {
    expect((await runs['T-D1'].short()).violations).toEqual([])
  })
})

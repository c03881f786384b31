import { expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { AppError } from '@carillon/domain/errors'
import { asId } from '@carillon/domain/ids'
import { readEvents } from './read-events.ts'

const context = {
  tenantId: asId('tenant', '0199a5c2-0000-7000-8000-00000000000a'),
  now: instant(Date.UTC(2026, 10, 22)),
}
const event = { id: '1', source: 'shop', type: 'order.paid', data: {} }

const pointersOf = (body: unknown): readonly string[] => {
  try {
    readEvents(body, context)
    return []
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.errors.map(({ pointer }) => pointer)
  }
}

// An event of that name would be a run of a schedule that has been, or a sign-in that never was.
test('nobody sends events in the name of the server itself', () => {
  expect(pointersOf({ ...event, source: 'carillon/schedules' })).toEqual(['/source'])
  expect(pointersOf([event, { ...event, source: 'carillon/audit' }])).toEqual(['/1/source'])
  expect(pointersOf({ ...event, source: 'carillon' })).toEqual([])
  expect(pointersOf({ ...event, source: 'https://carillon/audit' })).toEqual([])
})

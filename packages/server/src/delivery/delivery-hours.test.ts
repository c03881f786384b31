import { instant } from '@carillon/domain/clock'
import { nextOpening, type DailyWindow } from '@carillon/domain/window'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHours } from './delivery-hours.ts'

const window: DailyWindow = { from: '09:00', to: '20:00', weekdays: [1, 2, 3, 4, 5] }

test('what is remembered is what would be worked out, in whatever order moments and zones are asked for', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          ms: fc.integer({ min: 0, max: 20 * 86_400_000 }),
          zone: fc.constantFrom('Europe/Rome', 'America/Sao_Paulo', 'Australia/Lord_Howe'),
        }),
        { maxLength: 20 },
      ),
      (questions) => {
        const hours = createHours()
        for (const { ms, zone } of questions) {
          const at = instant(Date.UTC(2027, 2, 20) + ms)
          expect(hours('plan', window, zone)(at)).toBe(nextOpening(window, at, zone))
        }
      },
    ),
  )
})

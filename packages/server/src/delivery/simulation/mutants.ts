/**
 * Planted bugs: one guard or rule of the store's protocol broken at a time. The simulation must notice each within a few
 * hundred seeds: the test of the test. Each has been made by somebody, somewhere (reliability.md §5 names some).
 */
import { closedBreaker, recordSignal } from '@carillon/domain/breaker'
import { addMs } from '@carillon/domain/clock'
import { takeSlots } from '@carillon/domain/rate-limit'
import { soundRules, type MemoryRules } from '../memory-rules.ts'

export type Mutant = {
  readonly name: string
  readonly rules: Partial<MemoryRules>
}

/** All planted bugs. */
export const mutants: readonly Mutant[] = [
  {
    name: 'settle is guarded by the fence only',
    rules: { maySettle: (row, claim) => row.fence === claim.fence },
  },
  {
    name: 'settle is guarded by the state only',
    rules: { maySettle: (row) => row.state === 'sending' },
  },
  { name: 'settle is guarded by the id only', rules: { maySettle: () => true } },
  {
    name: 'a claim does not change the fence',
    rules: { nextFence: (fence) => Math.max(1, fence) },
  },
  {
    name: 'reap is guarded by the fence only',
    rules: { mayReap: (row, claim) => row.fence === claim.fence },
  },
  { name: 'reap is guarded by the id only', rules: { mayReap: () => true } },
  {
    name: 'reap does not wait for the end of the lease',
    rules: {
      isOverdue: (row, now) => row.state === 'sending' && row.dueAt <= addMs(now, 4_000),
      mayReap: soundRules.maySettle,
    },
  },
  {
    name: 'reap forgets leases that are long overdue',
    rules: {
      isOverdue: (row, now) =>
        row.state === 'sending' && row.dueAt <= now && row.dueAt > addMs(now, -500),
    },
  },
  {
    name: 'a release is not guarded by the fence',
    rules: { mayRelease: (row) => row.state === 'sending' },
  },
  { name: 'a renewal renews nothing', rules: { renewedUntil: (row) => row.dueAt } },
  {
    name: 'a renewal is not guarded by the fence',
    rules: { mayRenew: (row) => row.state === 'sending' },
  },
  {
    name: 'a renewal does not tell that the end was moved',
    rules: { sendUntilTold: (row) => addMs(row.sendUntil, 3_600_000) },
  },
  {
    name: 'a lease whose claim got lost is left to the reaper',
    rules: { mayDisown: () => false },
  },
  {
    name: 'leases that their owner knows of are given back',
    rules: { mayDisown: (row, by) => soundRules.mayDisown(row, { ...by, isKnown: false }) },
  },
  {
    name: 'leases of others are given back',
    rules: { mayDisown: (row, { isKnown }) => row.state === 'sending' && !isKnown },
  },
  {
    name: 'a claim takes leases that ran out',
    rules: {
      mayClaim: (row, lane, now) => soundRules.mayClaim({ ...row, state: 'pending' }, lane, now),
    },
  },
  {
    name: 'a claim does not look at the order',
    rules: { mustWaitForEarlier: () => false },
  },
  {
    name: 'a claim forgets the send_until',
    rules: { sendUntilSeen: (row) => addMs(row.sendUntil, 3_600_000) },
  },
  { name: 'the mark of a possible duplicate is dropped', rules: { duplicateAfter: () => false } },
  {
    name: 'a failed probe closes the breaker',
    rules: {
      recordSignal: (breaker, signal, context) =>
        breaker.state === 'half_open' && signal === 'failure'
          ? closedBreaker
          : recordSignal(breaker, signal, context),
    },
  },
  {
    name: 'a failed probe does not open the breaker again',
    rules: {
      recordSignal: (breaker, signal, context) =>
        breaker.state === 'half_open' && signal === 'failure'
          ? breaker
          : recordSignal(breaker, signal, context),
    },
  },
  {
    name: 'a success does not close the breaker',
    rules: { heals: () => false },
  },
  { name: 'everybody may probe', rules: { mayProbe: (breaker) => breaker.state !== 'closed' } },
  {
    name: 'slots are granted twice',
    rules: {
      takeSlots: (limit, tat, wish) => ({ ...takeSlots(limit, tat, wish), tat: tat ?? wish.now }),
    },
  },
  {
    name: 'expiry takes rows that are being sent',
    rules: { mayExpire: (row, now) => row.sendUntil <= now },
  },
  { name: 'nothing expires', rules: { mayExpire: () => false } },
  {
    name: 'a cancel takes rows that are being sent',
    rules: { mayCancel: () => true },
  },
  {
    name: 'it is forgotten that a step accepted the message',
    rules: { acceptedAfter: () => 0 },
  },
  {
    name: 'a receipt takes rows that are being sent',
    rules: { mayDeny: () => true },
  },
  {
    name: 'retries are not counted',
    rules: { attemptsCounted: ({ outcome }) => (outcome?.kind === 'accepted' ? 1 : 0) },
  },
  { name: 'a row is handed over whatever the breaker says', rules: { mayHandOver: () => true } },
  { name: 'the suppression list is not asked', rules: { isSuppressed: () => false } },
  {
    name: 'a claim does not look whether its campaign is halted',
    rules: { isHalted: () => false },
  },
  {
    name: "a claim does not look at its campaign's end",
    rules: { endOfCampaign: (_campaign, row) => row.sendUntil },
  },
  {
    name: 'an audience is taken up where its claim saw it',
    rules: { holdsCampaign: () => true, expandsFrom: (_campaign, { cursor }) => cursor },
  },
  {
    name: 'a campaign is finished when its audience was dealt with',
    rules: { mayFinish: ({ cursor, audience }) => cursor === audience.length },
  },
  { name: 'a pause is not kept', rules: { keepsPauses: false } },
  { name: 'crashes are not counted', rules: { crashesAfter: () => 0 } },
]

/** The second phase of a run: who is on the list, page by page; for a run about single members only their addresses are looked up. */
import type { RosterMember } from '@carillon/connectors/roster'
import type { ListEntry } from '@carillon/domain/membership-diff'
import { inTransaction } from '../platform/db/transaction.ts'
import { openRoster, type OpenRoster } from './open-roster.ts'
import type { ClaimedRun } from './queries/runs.ts'
import { keepEntries, listEmails } from './queries/steps.ts'
import { afterFailure, failRun, moveOn, type StepEnd, type SyncServices } from './run-step.ts'

/** Addresses looked up in a step. */
const addressesAtOnce = 10

type Open = Extract<OpenRoster, { readonly ok: true }>

/** One step. */
export const readList = async (
  run: ClaimedRun,
  services: SyncServices,
  signal: AbortSignal,
): Promise<StepEnd> => {
  const of = { tenantId: run.tenant_id, id: run.policy.target }
  const opened = await openRoster(of, services, signal)
  if (!opened.ok) return await failRun(run, `The list can't be read. ${opened.reason}`, services)
  return run.mode === 'members'
    ? await readAddresses(run, opened, services)
    : await readPage(run, opened, services)
}

const readPage = async (
  run: ClaimedRun,
  { roster, context }: Open,
  services: SyncServices,
): Promise<StepEnd> => {
  const page = await roster.page({ list: run.policy.list, cursor: run.cursor }, context)
  if (page.kind !== 'page') return await afterFailure(run, page, 'list', services)
  const next: ClaimedRun = {
    ...run,
    phase: page.next === null ? 'decide' : 'roster',
    cursor: page.next,
  }
  const entries = page.members.flatMap(entryOf)
  return await moveOn(next, services, (client) => keepEntries(client, run, entries))
}

const afterOf = ({ cursor }: ClaimedRun): string =>
  typeof cursor?.['after'] === 'string' ? cursor['after'] : ''

const readAddresses = async (
  run: ClaimedRun,
  { roster, context }: Open,
  services: SyncServices,
): Promise<StepEnd> => {
  const wanted = { after: afterOf(run), limit: addressesAtOnce }
  const emails = await inTransaction(services.pool, (client) => listEmails(client, run, wanted))
  const entries: ListEntry[] = []
  for (const key of emails) {
    // oxlint-disable-next-line no-await-in-loop -- a list is a slow thing: one after the other
    const answer = await roster.member({ list: run.policy.list, key }, context)
    if (answer.kind === 'member') entries.push(...entryOf(answer.member))
    else if (answer.kind !== 'absent') {
      // oxlint-disable-next-line no-await-in-loop -- the end
      return await afterFailure(run, answer, 'list', services)
    }
  }
  const isLast = emails.length < addressesAtOnce
  const next: ClaimedRun = {
    ...run,
    phase: isLast ? 'decide' : 'roster',
    cursor: isLast ? null : { after: emails.at(-1) ?? '' },
  }
  return await moveOn(next, services, (client) => keepEntries(client, run, entries))
}

const entryOf = ({ email, name, active }: RosterMember): readonly ListEntry[] =>
  email === null ? [] : [{ email, name: name.replaceAll('\0', ''), held: !active }]

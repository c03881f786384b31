/** The first phase of a run: the source's records, page by page (or one by one, by their ids) into the run's own table. */
import type { OpenRoster } from './open-roster.ts'
import type { RosterMember } from '@carillon/connectors/roster'
import { compileFilter, matchFilter } from '@carillon/domain/filter'
import type { SourceRecord } from '@carillon/domain/membership-diff'
import { sleep } from '../platform/lifecycle/waiting.ts'
import { compilePattern } from '../rules/rule-set.ts'
import { openRoster } from './open-roster.ts'
import type { ClaimedRun, RunPolicy } from './queries/runs.ts'
import { keepMembers } from './queries/steps.ts'
import { afterFailure, failRun, moveOn, type StepEnd, type SyncServices } from './run-step.ts'

/** Members asked for one by one in a step: a step must stay well below its lease. */
const membersAtOnce = 10

type Open = Extract<OpenRoster, { readonly ok: true }>

/** One step. */
export const readSource = async (
  run: ClaimedRun,
  services: SyncServices,
  signal: AbortSignal,
): Promise<StepEnd> => {
  const of = { tenantId: run.tenant_id, id: run.policy.source }
  const opened = await openRoster(of, services, signal)
  if (!opened.ok) return await failRun(run, `The source can't be read. ${opened.reason}`, services)
  return run.mode === 'members'
    ? await readMembers(run, opened, services)
    : await readPage(run, opened, services)
}

/** Keeps to the calls a second that the other side allows. */
const pace = async ({ roster, context }: Open): Promise<void> => {
  if (roster.perSecond !== undefined) await sleep(1_000 / roster.perSecond, context.signal)
}

const readPage = async (
  run: ClaimedRun,
  opened: Open,
  services: SyncServices,
): Promise<StepEnd> => {
  const since = run.mode === 'changed' && run.since !== null ? { since: run.since } : {}
  await pace(opened)
  const page = await opened.roster.page({ list: '', cursor: run.cursor, ...since }, opened.context)
  if (page.kind !== 'page') return await afterFailure(run, page, 'source', services)
  const records = recordsOf(page.members, run.policy)
  const isLast = page.next === null
  const next: ClaimedRun = {
    ...run,
    source_total: page.total ?? run.source_total,
    phase: isLast ? 'roster' : 'source',
    cursor: page.next,
  }
  return await moveOn(next, services, (client) => keepMembers(client, run, records))
}

const atOf = ({ cursor }: ClaimedRun): number =>
  typeof cursor?.['at'] === 'number' ? cursor['at'] : 0

const readMembers = async (
  run: ClaimedRun,
  opened: Open,
  services: SyncServices,
): Promise<StepEnd> => {
  const at = atOf(run)
  const keys = run.keys.slice(at, at + membersAtOnce)
  const records: SourceRecord[] = []
  for (const key of keys) {
    // oxlint-disable-next-line no-await-in-loop -- at the pace that the other side allows
    await pace(opened)
    // oxlint-disable-next-line no-await-in-loop -- see above
    const answer = await opened.roster.member({ list: '', key }, opened.context)
    if (answer.kind === 'absent') records.push(absent(key))
    else if (answer.kind === 'member') records.push(...recordsOf([answer.member], run.policy))
    // oxlint-disable-next-line no-await-in-loop -- the end
    else return await afterFailure(run, answer, 'source', services)
  }
  const read = at + keys.length
  const isLast = read >= run.keys.length
  const next: ClaimedRun = {
    ...run,
    phase: isLast ? 'roster' : 'source',
    cursor: isLast ? null : { at: read },
  }
  return await moveOn(next, services, (client) => keepMembers(client, run, records))
}

/** A key that sees less than before would take everybody off, one hook after the other: the full run decides, with its guards. */
const absent = (key: string): SourceRecord => ({
  key,
  email: null,
  name: '',
  wanted: false,
  skip: 'the source does not have it (any more): the next full run decides',
})

const recordsOf = (
  members: readonly RosterMember[],
  { filter }: RunPolicy,
): readonly SourceRecord[] => {
  const compiled = compileFilter(filter, { compilePattern })
  const fits = ({ key, email, fields = {} }: RosterMember): boolean =>
    compiled.ok &&
    matchFilter(compiled.filter, {
      id: key,
      source: 'membership',
      type: 'member',
      subject: email ?? undefined,
      time: '',
      data: fields,
    })
  return members.map((member) => ({
    key: clean(member.key),
    email: member.email === null ? null : clean(member.email),
    name: clean(member.name),
    wanted: member.active && fits(member),
    skip: member.skip ?? null,
  }))
}

/** Postgres has no NUL in texts. */
const clean = (text: string): string => text.replaceAll('\0', '').toWellFormed()

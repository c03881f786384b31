/**
 * What an event has followed: one item for each rule that matched and tracks. Pure but for the ids. What can't be followed
 * becomes a line of the sync log with its reason: a rule's mistake must neither lose the event nor pass unseen.
 */
import { isRecord } from '@carillon/domain/filter-path'
import { oneLine } from '@carillon/domain/printable-text'
import type { IdGenerator } from '../platform/ids.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import type { CompiledRule, TrackedBy } from '../rules/rule-set.ts'
import {
  metadataProblem,
  mostReferenceChars,
  remoteIdPattern,
} from '../tracked-items/check-item.ts'
import type { IncomingEvent } from './incoming-event.ts'

type TrackAction = TrackedBy['action']

/** What an item is to be, by the action's templates. */
export type FilledItem = {
  /** As it was rendered, fit to be shown; also when it can't be followed. */
  readonly remoteId: string
  readonly isFollowed: boolean
  readonly reference: string | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  /** Why it is not followed, or what was left out. */
  readonly problem: string | undefined
}

export type PlannedItem = FilledItem & {
  readonly id: string
  /** Of its line in the sync log. */
  readonly lineId: string
  readonly integrationId: string
  readonly ruleId: string
}

type Given = { readonly newId: IdGenerator; readonly renderer: TemplateRenderer }

const none: readonly PlannedItem[] = []

/** One item a rule that tracks. */
export const planTrackedItems = (
  event: IncomingEvent,
  rules: readonly CompiledRule[],
  { newId, renderer }: Given,
): readonly PlannedItem[] => {
  // Nearly always no rule tracks, and this is on the path of every event.
  if (!rules.some(({ target }) => target.kind === 'track')) return none
  return rules.flatMap(({ id: ruleId, target }) =>
    target.kind === 'track'
      ? [
          {
            ...fillItem(target.action, event, renderer),
            id: newId('trackedItem'),
            lineId: newId('run'),
            integrationId: target.tracker,
            ruleId,
          },
        ]
      : [],
  )
}

const remoteIdTest = new RegExp(remoteIdPattern)

/** The item that this action asks for with this event. */
export const fillItem = (
  action: TrackAction,
  event: Pick<IncomingEvent, 'view'>,
  renderer: TemplateRenderer,
): FilledItem => {
  const problems: string[] = []
  const render = renderOf(event, renderer, problems)
  const remoteId = render('remoteId', action.remoteId)
  if (remoteId === undefined || !remoteIdTest.test(remoteId)) {
    const shown = oneLine(remoteId ?? '', 200)
    const problem =
      problems[0] ??
      (shown === ''
        ? 'Not followed: remoteId is empty.'
        : 'Not followed: remoteId must be letters, digits and _ . : - and at most 200 characters.')
    return { remoteId: shown, isFollowed: false, reference: undefined, metadata: {}, problem }
  }
  const reference = referenceOf(action, render, problems)
  const metadata = metadataOf(action, event, render, problems)
  const problem = problems.length === 0 ? undefined : oneLine(problems.join(' '), 1_000)
  return { remoteId, isFollowed: true, reference, metadata, problem }
}

type Render = (field: string, source: string) => string | undefined

/** Renders a template, trimmed; undefined: it failed, which is among the problems then. */
const renderOf = (
  { view }: Pick<IncomingEvent, 'view'>,
  renderer: TemplateRenderer,
  problems: string[],
): Render => {
  const { id, source: from, type, subject, time, data } = view
  const scope = { data, event: { id, source: from, type, subject, time, data } }
  return (field, source) => {
    const result = renderer.render(source, scope, 'none')
    if (result.ok) return result.text.trim()
    problems.push(oneLine(`The template of ${field} failed: ${result.reason}`, 500))
    return undefined
  }
}

const referenceOf = (
  { reference }: TrackAction,
  render: Render,
  problems: string[],
): string | undefined => {
  const text = reference === undefined ? '' : (render('reference', reference) ?? '')
  if (text.length <= mostReferenceChars) return oneLine(text, mostReferenceChars) || undefined
  problems.push(`The reference was left out: it has more than ${mostReferenceChars} characters.`)
  return undefined
}

const metadataOf = (
  { metadata = false }: TrackAction,
  event: Pick<IncomingEvent, 'view'>,
  render: Render,
  problems: string[],
): Readonly<Record<string, unknown>> => {
  const made = typeof metadata === 'boolean' ? dataOf(metadata, event) : filled(metadata, render)
  const problem = metadataProblem(JSON.stringify(made))
  if (problem === undefined) return made
  problems.push(`The metadata was left out. ${problem}`)
  return {}
}

const dataOf = (
  isWanted: boolean,
  { view }: Pick<IncomingEvent, 'view'>,
): Readonly<Record<string, unknown>> => {
  if (!isWanted || view.data === undefined || view.data === null) return {}
  return isRecord(view.data) ? view.data : { data: view.data }
}

const filled = (
  templates: Readonly<Record<string, string>>,
  render: Render,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(templates).flatMap(([name, source]) => {
      const text = render(`metadata/${name}`, source)
      return text === undefined ? [] : [[name, text]]
    }),
  )

/** docs/reference/sync-states.md: the states of tracked items, what follows what, and what each tracker's words mean. */
import type * as syncStatus from '../../packages/domain/src/sync-status.ts'
import { type Page, code, head, table } from './page.ts'

const from = 'packages/domain/src/sync-status.ts'

export const syncStatesPage: Page = {
  path: 'docs/reference/sync-states.md',
  from,
  render: async () => {
    const status = await import('../../packages/domain/src/sync-status.ts')
    const { connectors } = await import('../../packages/connectors/src/registry.gen.ts')
    const trackers = Object.values(connectors).flatMap(({ name, ...connector }) =>
      'tracker' in connector ? [{ name, statuses: connector.tracker?.statuses ?? {} }] : [],
    )
    return [
      head('States of tracked items', from, about),
      stateTable(status),
      ...trackers.map(wordTable),
    ].join('\n')
  },
}

const about =
  'A tracked item is in one of these states. Two that contradict each other are decided by priority: the greater number\n' +
  'stays. Final states are judged again only when somebody, or a hook, demands it. Stamps are set once.'

const stateTable = ({
  localStates,
  syncTransitions,
  isFinalState,
  stampOf,
}: typeof syncStatus): string =>
  table(
    ['state', 'priority', 'kind', 'may be followed by', 'stamp'],
    localStates.map((state, at) => [
      code(state),
      String(at + 1),
      isFinalState(state) ? 'final' : 'open',
      syncTransitions[state].map(code).join(', ') || 'none',
      stampOf[state] === undefined ? '' : code(stampOf[state]),
    ]),
  )

const wordTable = ({
  name,
  statuses,
}: {
  readonly name: string
  readonly statuses: Readonly<Record<string, string>>
}): string =>
  [
    `## ${name}`,
    '',
    table(
      ['its word', 'state'],
      Object.entries(statuses).map(([word, state]) => [code(word), code(state)]),
    ),
  ].join('\n')

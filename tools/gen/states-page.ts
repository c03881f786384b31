/** docs/reference/delivery-states.md: the diagram and the table of a delivery's states, from the transitions. */
import { type Page, code, head, table } from './page.ts'

const from = 'packages/domain/src/delivery-status.ts'

type Transitions = Readonly<Record<string, Readonly<Record<string, string>>>>

export const statesPage: Page = {
  path: 'docs/reference/delivery-states.md',
  from,
  render: async () => {
    const { deliveryTransitions, openStates } =
      await import('../../packages/domain/src/delivery-status.ts')
    return renderStates(deliveryTransitions, openStates)
  },
}

/** The page for a table state -> move -> state; the first of `open` is where a delivery begins. */
export const renderStates = (transitions: Transitions, open: readonly string[]): string => {
  const about =
    'A delivery is in one of these states. Open states have a row in the queue; all others are final and have their\n' +
    'settlement on record. What the table does not list can not happen: the database refuses it too.'
  const parts = [
    head('Delivery states', from, about),
    diagram(transitions, open),
    stateTable(transitions, open),
  ]
  return parts.join('\n')
}

const diagram = (transitions: Transitions, open: readonly string[]): string => {
  const arrows = Object.entries(transitions).flatMap(([state, moves]) =>
    [...byTarget(moves)].map(([target, names]) => `  ${state} --> ${target}: ${names.join(', ')}`),
  )
  const ends = Object.entries(transitions)
    .filter(([, moves]) => Object.keys(moves).length === 0)
    .map(([state]) => `  ${state} --> [*]`)
  const start = open[0] === undefined ? [] : [`  [*] --> ${open[0]}`]
  return ['```mermaid', 'stateDiagram-v2', ...start, ...arrows, ...ends, '```', ''].join('\n')
}

/** Several moves between the same two states share an arrow. */
const byTarget = (
  moves: Readonly<Record<string, string>>,
): ReadonlyMap<string, readonly string[]> => {
  const grouped = new Map<string, readonly string[]>()
  for (const [move, target] of Object.entries(moves)) {
    grouped.set(target, [...(grouped.get(target) ?? []), move])
  }
  return grouped
}

const stateTable = (transitions: Transitions, open: readonly string[]): string =>
  table(
    ['state', 'kind', 'moves'],
    Object.entries(transitions).map(([state, moves]) => [
      code(state),
      open.includes(state) ? 'open' : 'final',
      Object.entries(moves)
        .map(([move, target]) => `${code(move)} → ${code(target)}`)
        .join(', ') || 'none',
    ]),
  )

/** How a delivery comes into the queue: by somebody who has no worker, or by a process that may hand it to its own. */
import { handOverInMemory } from '../memory-hand-over.ts'
import { acceptDelivery } from '../memory-tables.ts'
import type { Reservation } from '../hand-over.ts'
import type { ClaimedDelivery, LaneKey } from '../store.ts'
import type { WorkerNode } from './worker-node.ts'
import type { World } from './world.ts'

type Accept = typeof acceptDelivery extends (tables: never, ...rest: infer Rest) => void
  ? Rest
  : never

export type Arrival = {
  readonly id: string
  readonly planId: string
  readonly orderingKey: string | undefined
  readonly lane: LaneKey
  /** Writes it in the way given, as of now. */
  readonly write: <T>(how: (...given: Accept) => T) => T
}

/** Who asks again does so after this, whatever became of the process that was asked first. */
const askAgainMs = 20_000

/** Accepts it now, or lets a process do so; `done` is called when it is there. */
export const acceptSomewhere = (
  { world, nodes }: { readonly world: World; readonly nodes: () => readonly WorkerNode[] },
  arrival: Arrival,
  done: () => void,
): void => {
  const { kernel, tables, handOver } = world
  let isOver = false
  const ensure = (): void => {
    if (isOver) return
    isOver = true
    if (!tables.deliveries.has(arrival.id)) {
      kernel.note(() => `${arrival.id} is accepted (${arrival.planId})`)
      arrival.write((delivery, row) => acceptDelivery(tables, delivery, row))
    }
    done()
  }
  const all = nodes()
  const node = handOver?.chance(0.8) === true ? all[handOver.int(0, all.length - 1)] : undefined
  if (node === undefined || arrival.orderingKey !== undefined) return ensure()
  kernel.after(askAgainMs, ensure)
  node.machine.deliver(() => {
    if (!isOver) void acceptAt(world, node, arrival, ensure)
  })
}

const acceptAt = async (
  world: World,
  node: WorkerNode,
  arrival: Arrival,
  ensure: () => void,
): Promise<void> => {
  const { id, lane } = arrival
  const reservation = node.reserve([{ ...lane, deliveryId: id }])
  if (reservation === undefined) {
    ensure()
    return node.wake([lane])
  }
  try {
    const claims = await node.machine.call('accept', () =>
      writeHanding(world, arrival, reservation),
    )
    world.kernel.note(() => `${id} is ${claims.length > 0 ? 'handed over' : 'accepted'}`)
    reservation.stored(claims)
    if (claims.length === 0) node.wake([lane])
  } catch (error) {
    world.kernel.note(() => `${id}: whether it is accepted is not known (${String(error)})`)
    reservation.failed()
  }
  ensure()
}

const writeHanding = (
  { tables, rules, kernel }: World,
  { id, write }: Arrival,
  { owner, leaseMs }: Reservation,
): readonly ClaimedDelivery[] => {
  if (tables.deliveries.has(id)) return []
  return write((delivery, row) =>
    handOverInMemory({ tables, rules }, { delivery, row }, { owner, leaseMs, now: kernel.now() }),
  )
}

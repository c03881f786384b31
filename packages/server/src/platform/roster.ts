/**
 * Things that come and go all the time (exchanges in flight), to be walked over now and then. A Set or a Map would do, but each
 * time one grows or is cleared of its holes its old table points at the new one. Once one of these dead tables is in the
 * old space, every later one is kept, with all that was in it, until the next full collection: young collections then
 * copied nearly all objects of every delivery (5.7 kB each, a sixth of the sender's CPU).
 */

/** What can be on a roster, and on one only: it carries its own place. */
export type Listed = {
  /** Where it stands; the roster's alone. -1: on none. */
  place: number
}

export type Roster<Item extends Listed> = {
  readonly add: (item: Item) => void
  /** Does nothing when it is not there. */
  readonly remove: (item: Item) => void
  readonly size: () => number
  /** Calls back for each that is there, the last one first; those may be removed, and others added, on the way. */
  readonly each: (visit: (item: Item) => void) => void
  /** What `pick` makes of each. */
  readonly map: <Value>(pick: (item: Item) => Value) => Value[]
}

/** Makes an empty one. No order is kept. */
export const createRoster = <Item extends Listed>(): Roster<Item> => {
  const items: Item[] = []
  return {
    add: (item) => {
      item.place = items.length
      items.push(item)
    },
    remove: (item) => {
      if (items[item.place] !== item) return
      const last = items.pop()
      if (last !== undefined && last !== item) {
        items[item.place] = last
        last.place = item.place
      }
      item.place = -1
    },
    size: () => items.length,
    each: (visit) => {
      // Backwards: what fills the place of one that goes has been visited.
      for (let at = items.length - 1; at >= 0; at -= 1) {
        const item = items[at]
        if (item !== undefined) visit(item)
      }
    },
    map: (pick) => items.map(pick),
  }
}

/**
 * What a connector with members hands over: the people of a source (an association's database) or the addresses on a list
 * (a mailing list's roster), page by page. Types only; what follows from a difference of the two is
 * `domain/membership-diff.ts`, and a change on a list is a delivery, sent as any other message.
 */
import type { Instant } from '@carillon/domain/clock'
import type { HttpPort } from './http-port.ts'
import type { JsonObject } from './json-object.ts'

/** Somebody in a source, or an address on a list. */
export type RosterMember = {
  /** The remote id: the same person has the same one on every page and in every reading. */
  readonly key: string
  /** Lower-case and repaired; null: there is none, or it is none. */
  readonly email: string | null
  /** As it is to be shown on a list; '' when there is none. */
  readonly name: string
  /** Source: is to be on lists. List: gets its mail (false: held by a moderator). */
  readonly active: boolean
  /** Source: why it is neither put on a list nor taken off one, whatever its state (a company, no address). */
  readonly skip?: string
  /** Source: the record's own fields, for filters. */
  readonly fields?: JsonObject
}

/** Reading failed: for now (`afterMs`: the wait that the other side asks for), or until somebody changes something. */
export type RosterFailure =
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'stop'; readonly reason: string }

export type RosterPage =
  | {
      readonly kind: 'page'
      readonly members: readonly RosterMember[]
      /** Where the next page begins; null: this was the last one. */
      readonly next: JsonObject | null
      /** How many the other side says that it has; null: it does not say. */
      readonly total: number | null
    }
  | RosterFailure

export type RosterAnswer =
  | { readonly kind: 'member'; readonly member: RosterMember }
  | { readonly kind: 'absent' }
  | RosterFailure

export type RosterList = {
  readonly id: string
  readonly address: string
  readonly name: string
  readonly members: number
}

export type RosterLists =
  | {
      readonly kind: 'lists'
      readonly lists: readonly RosterList[]
      readonly next: JsonObject | null
    }
  | RosterFailure

export type RosterContext<Settings, Secrets> = {
  readonly settings: Settings
  readonly secrets: Secrets
  readonly http: HttpPort
  readonly now: Instant
  readonly signal: AbortSignal
}

/** A recorded exchange: with these settings this is asked, this is replied, and it means this. */
export type RosterExample<Settings, Secrets> = {
  readonly name: string
  readonly settings: Settings
  readonly secrets: Secrets
  readonly ask: 'page' | 'member' | 'lists'
  readonly list?: string
  readonly key?: string
  readonly cursor?: JsonObject | null
  readonly request?: {
    readonly method?: string
    readonly url?: string
    readonly headers?: Readonly<Record<string, string>>
  }
  readonly reply:
    | {
        readonly status: number
        readonly headers?: Readonly<Record<string, string>>
        readonly body?: string
      }
    | { readonly failure: 'not_sent' | 'no_answer' }
  /** Members that must be there; lists have these members and no more. */
  readonly result: { readonly kind: string } & JsonObject
}

/** The roster of a connector. Nothing here throws for expected things, waits, or makes more than two exchanges. */
export type Roster<Settings, Secrets> = {
  /** `source`: people as another system knows them, only read. `list`: subscribers, changed by deliveries on the channel `membership`. */
  readonly kind: 'source' | 'list'
  /** Exchanges a second that the other side allows; the caller keeps to it. Absent: as fast as they are answered. */
  readonly perSecond?: number
  /** One page. `list`: which one, for lists. `since`: only what has changed after it, where the source can say so. */
  readonly page: (
    given: {
      readonly list: string
      readonly cursor: JsonObject | null
      readonly since?: Instant
    },
    context: RosterContext<Settings, Secrets>,
  ) => Promise<RosterPage>
  /** One member: of a source by its key, of a list by its address. */
  readonly member: (
    given: { readonly list: string; readonly key: string },
    context: RosterContext<Settings, Secrets>,
  ) => Promise<RosterAnswer>
  /** The lists that there are, for forms. Absent for sources. */
  readonly lists?: (
    given: { readonly cursor: JsonObject | null },
    context: RosterContext<Settings, Secrets>,
  ) => Promise<RosterLists>
  /** Recorded exchanges, for the suite: a page, a member, somebody who is absent, a failure for now and one for good. */
  readonly examples: readonly RosterExample<Settings, Secrets>[]
}

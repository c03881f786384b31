/** The lists of an integration, asked for now: what a form offers. */
import type { RosterFailure, RosterList } from '@carillon/connectors/roster'
import type { JsonObject } from '@carillon/connectors/json-object'
import { appError } from '@carillon/domain/errors'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import { openRoster, type RosterServices } from './open-roster.ts'
import { findSide } from './queries/syncs.ts'
import type { ListsView } from './schema.ts'

/** 500 a page: more than 10,000 lists no form can offer. */
const mostPages = 20

/** All of its lists. Throws `not_found`; `conflict` when it has none to offer or can't be asked. */
export const listRemoteLists = async (
  of: { readonly tenantId: TenantId; readonly id: IntegrationId },
  services: RosterServices,
  signal: AbortSignal,
): Promise<ListsView> => {
  if ((await findSide(services.pool, of.tenantId, of.id)) === undefined) throw notFound()
  const opened = await openRoster(of, services, signal)
  if (!opened.ok) throw appError('conflict', { detail: opened.reason })
  const { roster, context } = opened
  if (roster.lists === undefined) {
    throw appError('conflict', { detail: 'This integration has members, and no lists.' })
  }
  const items: RosterList[] = []
  let cursor: JsonObject | null = null
  for (let page = 0; page < mostPages; page += 1) {
    // oxlint-disable-next-line no-await-in-loop -- page after page
    const answer: Awaited<ReturnType<typeof roster.lists>> = await roster.lists({ cursor }, context)
    if (answer.kind !== 'lists') throw unreadable(answer)
    items.push(...answer.lists)
    if (answer.next === null) break
    cursor = answer.next
  }
  return { items }
}

const unreadable = ({ kind, reason }: RosterFailure): Error =>
  kind === 'stop'
    ? appError('conflict', { detail: `The lists could not be read: ${reason}` })
    : appError('unavailable', {
        detail: `The lists could not be read: ${reason}`,
        retryAfterSeconds: 10,
      })

/** Deletes an integration, unless rules still send through it or track with it, or a membership sync reads or writes through it. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import { printId, type IntegrationId, type TenantId } from '@carillon/domain/ids'
import { listSyncsOfIntegration } from '../membership-syncs/list-syncs-of-integration.ts'
import { notFound } from '../platform/http/path-id.ts'
import { listRulesOfIntegration } from '../rules/list-rules-of-integration.ts'
import { unregisterSource } from '../sources/register-source.ts'
import * as sql from './queries.ts'

/** So many rules are named; the sentence is for people. */
const namedRules = 20

/**
 * Deletes it in the caller's transaction; what waits for it ends as skipped or takes its next step. Throws `not_found`,
 * or `conflict` naming the rules that have it, or a membership sync that it is a side of.
 */
export const deleteIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
): Promise<void> => {
  await sql.lockIntegrations(client, tenantId)
  if ((await sql.findIntegration(client, tenantId, id)) === undefined) throw notFound()
  const rules = await listRulesOfIntegration(client, tenantId, { id, limit: namedRules + 1 })
  if (rules.length > 0) throw stillUsed(rules)
  const [sync] = await listSyncsOfIntegration(client, tenantId, { id, limit: 1 })
  if (sync !== undefined) throw stillSynced(sync)
  await sql.deleteIntegration(client, tenantId, id)
  await unregisterSource(client, tenantId, id)
}

const stillUsed = (rules: Awaited<ReturnType<typeof listRulesOfIntegration>>): Error => {
  const names = rules
    .slice(0, namedRules)
    .map((rule) => `"${rule.name}" (${printId('rule', rule.id)})`)
  const more = rules.length > namedRules ? ' and more' : ''
  return appError('conflict', {
    detail: `Rules use this integration: ${names.join(', ')}${more}. Change or delete them first, or switch the integration off.`,
  })
}

const stillSynced = (sync: Awaited<ReturnType<typeof listSyncsOfIntegration>>[number]): Error =>
  appError('conflict', {
    detail: `The membership sync "${sync.name}" (${printId('membershipSync', sync.id)}) needs this integration. Delete or change it first, or switch the integration off.`,
  })

/**
 * Key rotation: every sealed secret under the active key, in pages, each a transaction of its own, so it can be stopped
 * and run again at any time. Not for where the database and the keys come from.
 */
import type { Pool } from 'pg'
import { rewrapSignInSecrets } from '../access/sign-in/rewrap-secrets.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { Keyring, SecretPlace } from '../platform/secrets/keyring.ts'
import {
  listSealedAcrossTenants,
  replaceSealedAcrossTenants,
  type PageStart,
  type SealedRow,
} from './sealed-secret-queries.ts'

/** A secret that none of our keys opens. */
export type Unopened = {
  /** Undefined: it belongs to the installation. */
  readonly tenantId: string | undefined
  /** The integration; undefined: it is something else, which `name` says. */
  readonly id: string | undefined
  readonly connector: string
  readonly name: string
  /** A sentence with the remedy; holds no secret. */
  readonly message: string
}

export type Rotated = {
  readonly rewrapped: number
  readonly current: number
  readonly unopened: readonly Unopened[]
}

export type RotateOptions = {
  /** Of role carillon_engine. */
  readonly pool: Pool
  readonly keyring: Keyring
  /** Only count. */
  readonly dryRun: boolean
  /** Called after each page with the sums so far. */
  readonly onPage: (soFar: Rotated) => void
}

const pageSize = 200
const start: PageStart = {
  tenantId: '00000000-0000-0000-0000-000000000000',
  id: '00000000-0000-0000-0000-000000000000',
}

/** Goes through what signing in keeps sealed, and all integrations of all tenants, once. Rejects only when the database does. */
export const rotateSecrets = async (options: RotateOptions): Promise<Rotated> => {
  let after: PageStart = start
  let sums = await rotateSignIn(options)
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- a page starts where the one before it ended
    const { rows, rotated } = await rotatePage(options, after)
    const last = rows.at(-1)
    if (last === undefined) return sums
    after = { tenantId: last.tenant_id, id: last.id }
    sums = {
      rewrapped: sums.rewrapped + rotated.rewrapped,
      current: sums.current + rotated.current,
      unopened: [...sums.unopened, ...rotated.unopened],
    }
    options.onPage(sums)
    if (rows.length < pageSize) return sums
  }
}

const rotateSignIn = async ({ pool, ...options }: RotateOptions): Promise<Rotated> => {
  const { unopened, ...counts } = await inTransaction(pool, async (client) =>
    rewrapSignInSecrets(client, options),
  )
  const ofInstallation = { tenantId: undefined, id: undefined, connector: 'sign-in' }
  return { ...counts, unopened: unopened.map((secret) => ({ ...ofInstallation, ...secret })) }
}

type Page = { readonly rows: readonly SealedRow[]; readonly rotated: Rotated }

const rotatePage = async (options: RotateOptions, after: PageStart): Promise<Page> => {
  const { pool, keyring, dryRun } = options
  const wanted = { after, limit: pageSize, lock: !dryRun }
  if (dryRun) {
    const rows = await listSealedAcrossTenants(pool, wanted)
    return { rows, rotated: rewrapAll(keyring, rows) }
  }
  return await inTransaction(
    pool,
    async (client) => {
      const rows = await listSealedAcrossTenants(client, wanted)
      const rotated = rewrapAll(keyring, rows)
      if (rotated.changed.length > 0) await replaceSealedAcrossTenants(client, rotated.changed)
      return { rows, rotated }
    },
    { retry: true },
  )
}

type Changed = { readonly tenantId: string; readonly id: string; readonly sealed: Buffer }

const rewrapAll = (
  keyring: Keyring,
  rows: readonly SealedRow[],
): Rotated & { readonly changed: readonly Changed[] } => {
  const changed: Changed[] = []
  const unopened: Unopened[] = []
  for (const row of rows) {
    const { tenant_id: tenantId, id, connector, name } = row
    const result = keyring.rewrap(row.secrets, placeOf(row))
    if (!result.ok) unopened.push({ tenantId, id, connector, name, message: result.error.message })
    else if (result.changed) changed.push({ tenantId, id, sealed: result.sealed })
  }
  const current = rows.length - changed.length - unopened.length
  return { rewrapped: changed.length, current, unopened, changed }
}

/** The place that integrations/seal-secrets.ts seals for. */
const placeOf = ({ tenant_id: tenantId, id }: SealedRow): SecretPlace => ({
  tenantId,
  table: 'integrations',
  column: 'secrets',
  rowId: id,
})

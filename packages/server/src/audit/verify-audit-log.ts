/** Checks the chain of the audit log: every entry's hash, its predecessor, its number, and that the end is where it should be. */
import type { Pool, PoolClient } from 'pg'
import { checkChainPart, findChainHead } from './queries.ts'
import type { ChainCheck } from './schema.ts'

const entriesAtOnce = 5_000

/** The check of one chain, in parts, so that a long one holds no memory. Call it in a transaction that sees one moment. */
export const verifyAuditLog = async (on: Pool | PoolClient, chain: string): Promise<ChainCheck> => {
  let [after, hash, entries] = [0, '', 0]
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- each part begins with the hash that the one before ended with
    const part = await checkChainPart(on, { tenantId: chain, after, hash, limit: entriesAtOnce })
    if (part.last === null || part.hash === null) break
    entries += part.entries
    if (part.broken !== null) return { ok: false, entries, hash: null, firstBroken: part.broken }
    ;[after, hash] = [part.last, part.hash]
  }
  const head = await findChainHead(on, chain)
  const isWhole = head === undefined ? entries === 0 : head.seq === after && head.hash === hash
  return {
    ok: isWhole,
    entries,
    hash: hash === '' ? null : hash,
    firstBroken: isWhole ? null : after + 1,
  }
}

/**
 * The two database roles that our connections enter, made before the first migration. Not for their rights on tables
 * (the migrations grant those).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, DatabaseError, escapeIdentifier } from 'pg'

const roles = ['carillon_app', 'carillon_engine'] as const

/**
 * Makes roles `carillon_app` and `carillon_engine` where missing and lets the current user enter them. Roles belong to
 * the whole server: other databases may be doing the same at this moment. Throws an Error that holds the statements
 * for the administrator when it may not, and one when the roles could get around row-level security.
 */
export const ensureRoles = async (client: Client): Promise<void> => {
  try {
    for (const role of roles) await withRaces(() => ensureRole(client, role))
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '42501') {
      throw new Error(await statementsForAdministrator(client), { cause: error })
    }
    throw error
  }
  await assertWalled(client)
}

const raceAttempts = 10

/** Two GRANTs of one role at once end with "tuple concurrently updated" (XX000), or a duplicate key. */
const withRaces = async (work: () => Promise<void>): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      const isRace =
        error instanceof DatabaseError && /^(XX000|23505|42710)$/.test(error.code ?? '')
      if (!isRace || attempt === raceAttempts) throw error
      await sleep(20 * attempt)
    }
  }
}

const ensureRole = async (client: Client, role: string): Promise<void> => {
  await client.query(`DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
      CREATE ROLE ${role} NOLOGIN;
    END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END $$`)
  // Since 16 whoever makes a role may grant it, but not enter it; before, membership was all there was.
  const { rows } = await client.query<{ may: boolean }>(
    `SELECT pg_has_role('${role}', CASE WHEN current_setting('server_version_num')::int >= 160000
       THEN 'SET' ELSE 'MEMBER' END) AS may`,
  )
  if (rows[0]?.may !== true) await client.query(`GRANT ${role} TO CURRENT_USER`)
}

const statementsForAdministrator = async (client: Client): Promise<string> => {
  const { rows } = await client.query<{ user: string; exist: readonly string[] }>(
    `SELECT current_user AS user,
       ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY($1)) AS exist`,
    [roles],
  )
  const user = escapeIdentifier(rows[0]?.user ?? '')
  const statements = roles.map((role) =>
    rows[0]?.exist.includes(role) === true
      ? `GRANT ${role} TO ${user};`
      : `CREATE ROLE ${role} NOLOGIN ROLE ${user};`,
  )
  return (
    `The database user ${user} may not make (or enter) the roles that Carillon needs. ` +
    `Have an administrator run:\n${statements.join('\n')}`
  )
}

const assertWalled = async (client: Client): Promise<void> => {
  const { rows } = await client.query<{ rolname: string }>(
    `SELECT rolname FROM pg_roles WHERE rolname = ANY($1)
       AND (rolsuper OR rolbypassrls OR pg_has_role(rolname, current_user, 'MEMBER'))`,
    [roles],
  )
  if (rows.length === 0) return
  const names = rows.map((row) => row.rolname).join(', ')
  throw new Error(
    `Row-level security would not apply to ${names}: a superuser, BYPASSRLS, or a member of the tables' owner. Have an ` +
      'administrator run ALTER ROLE ... NOSUPERUSER NOBYPASSRLS, or REVOKE that membership.',
  )
}

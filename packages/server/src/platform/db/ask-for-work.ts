/**
 * One statement that answers for many kinds of work at once whether there is any, for `platform/lifecycle/lookout.ts`. It
 * claims nothing and locks nothing: whoever hears "yes" claims by a statement of its own.
 */
import type { Pool } from 'pg'
import { query } from './statement.ts'

/** Is there work of a kind? `text` is an SQL expression of type boolean; `values` are its $1, $2 and so on. */
export type WorkQuestion = { readonly text: string; readonly values?: readonly unknown[] }

/** Which of the questions to ask now, by their places; the answers at the same places, null for what was not asked. */
export type AskForWork = (wanted: readonly boolean[]) => Promise<readonly (boolean | null)[]>

/**
 * Makes the statement for these questions, of which each call asks some: the others' tables are not touched (CASE evaluates
 * nothing that it does not need). The pool has the role engine, because work is looked for across tenants. Throws what pg does.
 */
export const createAskForWork = (pool: Pool, questions: readonly WorkQuestion[]): AskForWork => {
  const values: unknown[] = []
  const answers = questions.map(({ text, values: own = [] }, at) => {
    // $1 says which questions are asked; each question's own parameters come behind those of the ones before it.
    const before = values.length + 1
    values.push(...own)
    const moved = text.replaceAll(/\$(\d+)/g, (_all, n: string) => `$${before + Number(n)}`)
    return `CASE WHEN ($1::boolean[])[${at + 1}] THEN (${moved}) END`
  })
  const statement = {
    name: 'ask_for_work',
    text: `SELECT ARRAY[${answers.join(',\n')}]::boolean[] AS found`,
  }
  type Row = { readonly found: readonly (boolean | null)[] }
  return async (wanted) => (await query<Row>(pool, statement, [wanted, ...values]))[0]?.found ?? []
}

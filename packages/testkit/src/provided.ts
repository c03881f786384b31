/**
 * What the global setup tells the tests, by vitest's `provide` and `inject`. Not for anything that isn't plain data.
 */
declare module 'vitest' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- only an interface can add to vitest's own
  interface ProvidedContext {
    readonly carillonDatabase: ProvidedDatabase
  }
}

export type ProvidedDatabase = {
  /** Of the role that may make databases; leads to a database which no test uses. */
  readonly adminUrl: string
  /** Name of the migrated database that each test's own is copied from. Nobody may connect to it. */
  readonly template: string
}

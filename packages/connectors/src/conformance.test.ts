/**
 * Runs the conformance suite over every folder here (a folder is a connector: none can be forgotten), and shows with
 * spoilt connectors that each rule of the suite catches its fault.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { conformanceCases } from './conformance.ts'
import type { Connector } from './define-connector.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

const load = async (folder: string): Promise<Connector> => {
  const module = (await import(`${here}${folder}/${folder}.ts`)) as {
    readonly connector?: Connector
  }
  if (module.connector === undefined) throw new Error(`${folder}/${folder}.ts exports no connector`)
  return module.connector
}

test('the connectors were found', () => {
  expect(folders).toContain('webhook')
})

/** A folder that can't be loaded fails alone and does not hide the others. */
const loaded = await Promise.all(
  folders.map(async (folder) => ({
    folder,
    ...(await load(folder).then(
      (connector) => ({ connector }),
      (error: unknown) => ({ error }),
    )),
  })),
)

for (const { folder, ...result } of loaded) {
  describe(folder, () => {
    test('can be loaded', () => {
      if ('error' in result) throw result.error
    })
    if ('connector' in result) {
      test.each(conformanceCases(result.connector, folder))('$name', async ({ run }) => {
        expect(await run()).toEqual([])
      })
    }
  })
}

/** Reads the repository from disk: what git would commit, or, without git, everything but the named folders. */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Repo } from './finding.ts'
import { readSource } from './source.ts'

const isText =
  /\.(?:ts|tsx|mjs|js|json|jsonc|md|sql|ya?ml|sh|html|css|txt|toml)$|(?:^|\/)(?:HEAD|Dockerfile|LICENSE|run|\.[a-z]+(?:ignore|rc))$/
const isSource = /\.(?:ts|tsx|mjs|js)$/
const neverOurs = ['node_modules', '.git', '.cache', 'data', 'dist', 'coverage', 'out']

/** All text files below `root` with their contents. */
export const readRepo = (root: string, registryHosts: readonly string[]): Repo => {
  const paths = listFiles(root).filter((path) => isText.test(path) && existsSync(join(root, path)))
  const files = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
  const sources = [...files]
    .filter(([path]) => isSource.test(path))
    .map(([path, text]) => readSource(path, text))
  return { files, sources, registryHosts }
}

const listFiles = (root: string): readonly string[] => {
  if (existsSync(join(root, '.git'))) {
    const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
    return execFileSync('git', list, { cwd: root, encoding: 'utf8' })
      .split('\0')
      .filter((path) => path !== '')
  }
  return globSync('**/*', {
    cwd: root,
    exclude: (path) => neverOurs.some((name) => path.split('/').includes(name)),
  })
    .filter((path) => statSync(join(root, path)).isFile())
    .map((path) => path.replaceAll('\\', '/'))
}

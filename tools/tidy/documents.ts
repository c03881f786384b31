/** Relative links in our Markdown lead to files and headings that exist. Links into the world are not tried. */
import { posix } from 'node:path'
import type { Finding, Repo, Rule } from './finding.ts'
import { lineAt } from './source.ts'

/** The pages that a newcomer opens first. */
const pages = ['README.md', 'ARCHITECTURE.md']

/** Missing pages, and links that lead nowhere. */
export const documents: Rule = (repo) => [
  ...pages
    .filter((path) => !repo.files.has(path))
    .map((path) => ({
      rule: 'document',
      path,
      line: 1,
      what: 'is missing',
      instead: 'write it: the order of reading starts there',
    })),
  ...[...repo.files.keys()]
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => links(repo, path)),
]

const links = (repo: Repo, path: string): readonly Finding[] => {
  const text = withoutCode(repo.files.get(path) ?? '')
  return [
    ...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s*(\S+)/gm),
  ].flatMap((match) => {
    const target = match[1] ?? match[2] ?? ''
    const problem = /^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)
      ? undefined
      : broken(repo, path, target)
    if (problem === undefined) return []
    const instead = 'link to what exists, relative to this file'
    return [{ rule: 'document', path, line: lineAt(text, match.index), what: problem, instead }]
  })
}

/** Code blocks and code spans hold no links; line breaks stay, so that lines can be counted. */
const withoutCode = (text: string): string =>
  text
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/`[^`\n]*`/g, (span) => ' '.repeat(span.length))

const broken = (repo: Repo, from: string, target: string): string | undefined => {
  const [path = '', anchor] = target.split('#')
  const file =
    path === '' ? from : posix.normalize(posix.join(posix.dirname(from), decodeURIComponent(path)))
  const folder = file.endsWith('/') ? file : `${file}/`
  const exists =
    repo.files.has(file) || [...repo.files.keys()].some((known) => known.startsWith(folder))
  if (!exists) return `links to ${target}, which is not there`
  if (anchor === undefined || !file.endsWith('.md')) return undefined
  return anchors(repo.files.get(file) ?? '').has(anchor)
    ? undefined
    : `links to ${target}: no such heading`
}

/** Headings as GitHub names them. */
const anchors = (markdown: string): ReadonlySet<string> =>
  new Set(
    [...markdown.matchAll(/^#{1,6}\s+(.+?)\s*$/gm)].map((match) =>
      (match[1] ?? '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

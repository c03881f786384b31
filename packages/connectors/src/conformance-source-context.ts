/** The context in which the conformance suite has a source read. Never in production. */
import { peerNow, type Peer } from './conformance-peer.ts'
import { readJsonPath } from './json-path.ts'
import type { RenderText, SourceContext } from './source.ts'

/** Stands in for the server's Liquid: `{{ path.to.value }}` and nothing else. */
const fakeRender: RenderText = (template, scope) => {
  const text = template.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_, path: string) => {
    const value = readJsonPath(`$.${path}`, scope)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  })
  return text.includes('{{')
    ? { ok: false, reason: 'an opening without its end' }
    : { ok: true, text }
}

/** With this peer behind its ports, at the suite's time. */
export const sourceContext = <Settings, Secrets>(
  peer: Peer,
  given: { readonly settings: Settings; readonly secrets: Secrets },
): SourceContext<Settings, Secrets> => ({
  settings: given.settings,
  secrets: given.secrets,
  http: peer.http,
  render: fakeRender,
  now: peerNow,
  signal: new AbortController().signal,
  integration: { id: 'int_01k6wq3z5h7n9b2d4f6g8j0m1p', name: 'the source' },
})

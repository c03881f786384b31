/** `carillon explain`: what it asks, and how the answer is printed. */
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { recordingIo } from '@carillon/testkit/recording-io'
import { expect, test } from 'vitest'
import type { ExplainAnswer } from '../explain/schema.ts'
import { explainVerb } from './explain.ts'

const answer: ExplainAnswer = {
  mode: 'past',
  timeZone: 'UTC',
  decisions: [
    {
      depth: 0,
      verdict: 'info',
      code: 'event_received',
      text: 'Event order.paid received from shop',
      values: {},
      at: '2026-11-22T10:00:00.000Z',
      link: null,
    },
    {
      depth: 1,
      verdict: 'no',
      code: 'rule_disabled',
      text: 'Rule "x\u001b[31m" is switched off',
      values: {},
      at: null,
      link: null,
    },
  ],
  conclusion: { verdict: 'no', code: 'got_nothing', text: 'anna got nothing', values: {} },
}

const ioFor = (url: string) => recordingIo({ CARILLON_URL: url, CARILLON_API_KEY: 'key' })

test('the decisions are a tree with the sentence last, and nothing in it that a terminal obeys', async () => {
  await using api = await startHttpSink(() => ({ body: JSON.stringify(answer) }))
  const io = ioFor(api.url)
  expect(await explainVerb.run(['evt_1', '--person', 'anna@example.org'], io)).toBe(0)
  expect(JSON.parse(api.requests[0]?.body ?? '')).toEqual({
    eventId: 'evt_1',
    person: 'anna@example.org',
  })
  const lines = io.outLines
  expect(lines[0]).toContain('Event order.paid received from shop')
  expect(lines[1]).toMatch(/^ {2}- Rule "x.*" is switched off$/)
  expect(lines.join('\n')).not.toContain('\u001b')
  expect(lines.at(-1)).toBe('anna got nothing.')
})

test('a file is an event that was not; one that can not be read, or no argument, is said so', async () => {
  await using api = await startHttpSink(() => ({ body: JSON.stringify(answer) }))
  await using folder = await mkdtempDisposable(join(tmpdir(), 'carillon-test-'))
  const file = join(folder.path, 'event.json')
  await writeFile(file, '{"type": "order.paid"}')
  expect(await explainVerb.run([file], ioFor(api.url))).toBe(0)
  expect(JSON.parse(api.requests[0]?.body ?? '')).toEqual({ event: { type: 'order.paid' } })
  expect(await explainVerb.run([join(folder.path, 'none.json')], ioFor(api.url))).toBe(1)
  expect(await explainVerb.run([], ioFor(api.url))).toBe(2)
})

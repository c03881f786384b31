/**
 * Follows e-signature transactions of Universign (API v1): looks at them, downloads what was signed, and takes the
 * vendor's calls as hints. Starts and cancels nothing. Facts: sources.md B.
 */
import { parseDuration } from '@carillon/domain/duration'
import { baseUrlProblems } from '../base-url.ts'
import { defineReader, type Verification } from '../define-connector.ts'
import { newHookToken } from '../hook-token.ts'
import { verificationOf } from '../verification-of.ts'
import { apiBaseOf, apiRequest, confidential, type UniversignContext } from './api-request.ts'
import { universignExamples, universignHookExamples } from './examples.ts'
import { downloadDocument, fetchTransaction } from './fetch-transaction.ts'
import { readUniversignHook, universignProof } from './read-hook.ts'
import { universignStatuses } from './read-transaction.ts'
import { universignSecrets, universignSettings, type UniversignSettings } from './settings.ts'

const docs = `Mirrors e-signature transactions of [Universign](https://apps.universign.com/docs/api/): register them with
\`POST /api/v1/tracked-items\`, and each change of state becomes an event \`status.changed\` that rules act on. Open
transactions are looked at every five minutes, and at once when Universign calls the hook: enter its address as a webhook
in the workspace's developer settings. A call is never believed for more than a hint.`

const fiveMinutesMs = 300_000
const [shortestMs, longestMs] = [30_000, 86_400_000]

const pollEveryMs = ({ pollEvery }: UniversignSettings): number => {
  const ms = pollEvery === undefined ? fiveMinutesMs : parseDuration(pollEvery)
  return typeof ms === 'number' ? Math.min(longestMs, Math.max(shortestMs, ms)) : fiveMinutesMs
}

const pollProblems = ({ pollEvery }: UniversignSettings) => {
  const ms = pollEvery === undefined ? fiveMinutesMs : parseDuration(pollEvery)
  const detail =
    typeof ms !== 'number'
      ? `"${pollEvery}" ${ms.error}`
      : ms < shortestMs || ms > longestMs
        ? 'from 30s to 1d'
        : undefined
  return detail === undefined ? [] : [{ pointer: '/settings/pollEvery', detail }]
}

/** No call is documented that only says who we are: a transaction that can't be there is 404 with a good key, 401 without. */
const verify = async (context: Omit<UniversignContext, 'render'>): Promise<Verification> => {
  const { settings, secrets, http, now, signal } = context
  const url = `${apiBaseOf(settings)}/transactions/tx_carillon_test`
  const reply = await http.request(apiRequest(url, secrets), signal)
  return verificationOf(reply, {
    now,
    secrets: confidential(secrets),
    proof: ({ status }) => (status === 404 || status === 200 ? '' : undefined),
    stranger: 'not an answer of Universign',
  })
}

export const connector = defineReader({
  id: 'universign',
  name: 'Universign',
  docs,
  settings: universignSettings,
  secrets: universignSecrets,
  generateSecrets: newHookToken,
  check: (settings) => [...baseUrlProblems(settings), ...pollProblems(settings)],
  verify,
  source: {
    webhook: {
      setUp:
        'Make a webhook with the address of this hook in the developer settings of the Universign workspace; for the older calls append ?token=<the hook token>.',
      parse: readUniversignHook,
      proof: universignProof,
      examples: universignHookExamples,
    },
  },
  tracker: {
    statuses: universignStatuses,
    everyMs: pollEveryMs,
    takesUnknown: ({ trackUnknown }) => trackUnknown === true,
    fetch: fetchTransaction,
    download: downloadDocument,
    examples: universignExamples,
  },
})

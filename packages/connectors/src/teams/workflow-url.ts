/**
 * The URL of a workflow that posts to Teams: which ones are taken, where `baseUrl` leads it, and which parts of it must not
 * be read anywhere. Its authority is the signature in its query (channels.md section 5 [APP] [TMD]).
 */
import { baseUrlOf } from '../base-url.ts'
import { targetUrlProblem } from '../target-url.ts'

/** "https://prod-NN.<region>.logic.azure.com:443/…" and the newer "https://….environment.api.powerplatform.com/…". */
const workflowHost = /(?:^|\.)(?:logic\.azure\.com|environment\.api\.powerplatform\.com)$/
/** Office 365 connectors, switched off in 2026 [TMA] [TMD]. */
const retiredHost = /(?:^|\.)(?:webhook\.office\.com|outlook\.office(?:365)?\.com)$/
/** Names and addresses of one's own network; the HTTP port decides whether they may be reached. */
const ownHost = /^(?:[^.]+|[\d.]+|\[.*\]|.*\.(?:local|internal|localhost|test))$/

/**
 * A sentence that says what to change, or undefined when the URL will do. Other hosts than Microsoft's are taken only over
 * plain http, in one's own network, or when `baseUrl` says where to go.
 */
export const workflowUrlProblem = (
  webhookUrl: string,
  baseUrl: string | undefined,
): string | undefined => {
  const problem = targetUrlProblem(webhookUrl)
  if (problem !== undefined) return problem
  const { protocol, hostname } = new URL(webhookUrl)
  if (retiredHost.test(hostname)) {
    return 'Office 365 connectors were switched off in 2026; make a workflow "When a Teams webhook request is received" and use its URL'
  }
  const isTaken = workflowHost.test(hostname) || ownHost.test(hostname) || protocol === 'http:'
  return isTaken || baseUrl !== undefined
    ? undefined
    : 'this is no address of Workflows (….logic.azure.com or ….environment.api.powerplatform.com); for a gateway of your own set baseUrl'
}

/** The URL to call: path and query of the webhook's, at `baseUrl` when there is one. Undefined when it is no URL. */
export const workflowUrl = (
  webhookUrl: string,
  baseUrl: string | undefined,
): string | undefined => {
  if (!URL.canParse(webhookUrl)) return undefined
  const { origin, pathname, search } = new URL(webhookUrl)
  const url = `${baseUrlOf(baseUrl, origin)}${pathname}${search}`
  return URL.canParse(url) ? url : undefined
}

/** Shorter values of a query are words ("1.0"), not secrets, and masking them would make texts unreadable. */
const secretMin = 8

/** Every text that would give the URL away or be of use to whoever finds it: wholes, path with query, values of the query. */
export const workflowSecrets = (
  webhookUrl: string,
  baseUrl: string | undefined,
): readonly string[] => {
  const called = workflowUrl(webhookUrl, baseUrl)
  return called === undefined
    ? [webhookUrl]
    : [webhookUrl, called, ...partsOf(webhookUrl), ...partsOf(called)]
}

const partsOf = (url: string): readonly string[] => {
  const { href, pathname, search, searchParams } = new URL(url)
  const values = [...searchParams.values(), ...search.slice(1).split(/[&=]/)]
  return [
    href,
    `${pathname}${search}`,
    // The path too: without a signature in the query it is all there is.
    ...[pathname, search, ...values].filter((part) => part.length >= secretMin),
  ]
}

/**
 * The daily digest of error lines: one mail with a table, one short line for everything else. Triggered by a schedule that
 * publishes `system.errors.daily` to the subscription SystemErrors; any event with {errors, timestamp} will do.
 */
import type { Execute, Registration } from '@carillon/functions'

/** As the server's collector gives it; `message` alone, or a plain text, is fine too. */
type ErrorLine = {
  readonly message: string
  readonly detail?: string
  readonly count?: number
  readonly lastAt?: string
}
type Parameters = {
  readonly errors?: readonly (ErrorLine | string)[]
  readonly timestamp?: string
}

type Group = { readonly text: string; readonly count: number; readonly lastAt: string }

/** A mail with more rows than that is not read. */
const mostRows = 50

const groupsOf = (errors: readonly (ErrorLine | string)[]): readonly Group[] => {
  const groups = new Map<string, Group>()
  const lines = errors.map((line): ErrorLine =>
    typeof line === 'string' ? { message: line } : line,
  )
  for (const { message, detail, count = 1, lastAt = '' } of lines) {
    const text = detail === undefined ? message : `${message}: ${detail}`
    const known = groups.get(text)
    const latest = known !== undefined && known.lastAt > lastAt ? known.lastAt : lastAt
    groups.set(text, { text, count: count + (known?.count ?? 0), lastAt: latest })
  }
  return [...groups.values()].toSorted((one, other) => other.count - one.count)
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const tableOf = (groups: readonly Group[], headline: string, more: string): string => {
  const rows = groups.map(
    ({ text, count, lastAt }) =>
      `<tr><td align="right">${count}</td><td>${escape(text)}</td><td>${escape(lastAt)}</td></tr>`,
  )
  const head = '<tr><th>Count</th><th>Error</th><th>Last</th></tr>'
  return `<p>${escape(headline)}</p><table border="1" cellpadding="4">${head}${rows.join('')}</table><p>${escape(more)}</p>`
}

export const execute: Execute<Parameters> = async ({
  eventParameters,
  registrations,
  messaging,
  log,
}) => {
  const groups = groupsOf(eventParameters.errors ?? [])
  const total = groups.reduce((sum, { count }) => sum + count, 0)
  // A day without errors is worth no message.
  if (total === 0) return { success: true, messagesSent: 0, groups: 0 }

  const until = eventParameters.timestamp === undefined ? '' : ` until ${eventParameters.timestamp}`
  const headline = `${total} errors of ${groups.length} kinds${until}`
  const shown = groups.slice(0, mostRows)
  const more = groups.length > shown.length ? `and ${groups.length - shown.length} kinds more` : ''
  const lines = shown.map(({ text, count }) => `${String(count).padStart(6)}  ${text}`)
  const most = groups[0]?.text ?? ''

  const messageFor = (registration: Registration) =>
    registration.channel === 'email'
      ? {
          registration,
          subject: `System errors: ${total}`,
          message: [headline, '', ...lines, more].join('\n').trimEnd(),
          html: tableOf(shown, headline, more),
        }
      : { registration, message: `${headline}. Most frequent: ${most.slice(0, 80)}` }

  const sent = await Promise.all(
    registrations.map((registration) => messaging.send(messageFor(registration))),
  )
  for (const result of sent) if (!result.success) log.warn(result.errorMessage)
  const messagesSent = sent.filter((result) => result.success).length
  return { success: true, messagesSent, groups: groups.length }
}

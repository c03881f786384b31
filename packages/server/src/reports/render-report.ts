/**
 * A day's numbers as a mail: HTML whose chart is a table (mail programs show neither scripts nor SVG), and plain text that
 * says the same. Pure.
 */
import { escapeHtml } from '@carillon/connectors/format'
import type { Language } from '@carillon/domain/content'
import { reportWords } from './report-words.ts'
import type { Counts, ReportView } from './schema.ts'

export type ReportMail = { readonly subject: string; readonly text: string; readonly html: string }

/** What a bar is made of, and its colours: told apart also by who does not see colours, and named in the legend. */
const parts = [
  ['sent', '#1f6f54'],
  ['failed', '#b3261e'],
  ['expired', '#d98a00'],
  ['suppressed', '#6b7280'],
  ['canceled', '#9ca3af'],
  ['skipped', '#d1d5db'],
] as const satisfies readonly (readonly [keyof Counts, string])[]

/** In words, where there are any: the parts of the bar, and what receipts said. */
const told = [...parts.map(([name]) => name), 'delivered', 'bounced'] as const

type Format = {
  readonly n: (value: number) => string
  readonly day: (date: string) => string
  readonly seconds: (ms: number) => string
  readonly words: (typeof reportWords)[Language]
}

const formatOf = (language: Language): Format => {
  const numbers = new Intl.NumberFormat(language, { useGrouping: 'always' })
  const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  const days = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'full',
    timeZone: 'UTC',
  })
  const words = reportWords[language]
  return {
    n: (value) => numbers.format(value),
    day: (date) => days.format(Date.parse(`${date}T00:00:00Z`)),
    seconds: (ms) => `${tenths.format(ms / 1_000)} ${words.seconds}`,
    words,
  }
}

/** The mail. `tenant`: its name. */
export const renderReport = (
  report: ReportView,
  { language, tenant }: { readonly language: Language; readonly tenant: string },
): ReportMail => {
  const format = formatOf(language)
  const { total, date } = report
  const day = format.day(date)
  const words = format.words.subject(day, format.n(total.sent), format.n(total.failed))
  const sections = sectionsOf(report, format)
  const head = `${format.words.title}: ${day}`
  return {
    subject: `[Carillon] ${words}`,
    text: [`${tenant}\n${head}`, ...sections.map(textOf)].join('\n\n') + '\n',
    html: pageOf({ language, tenant, head, body: sections.map(htmlOf).join('\n') }, format),
  }
}

/** A line is a name and what there is to say of it, maybe with a bar. */
type Line = { readonly name: string; readonly says: string; readonly bar?: Counts }
type Section = { readonly title: string; readonly hint?: string; readonly lines: readonly Line[] }

const sayCounts = (counts: Counts, { n, words }: Format): string => {
  const some = told.filter((name) => name === 'sent' || counts[name] > 0)
  return some.map((name) => `${n(counts[name])} ${words.states[name]}`).join(', ')
}

const isQuiet = (counts: Counts): boolean => told.every((name) => counts[name] === 0)

const sectionsOf = (report: ReportView, format: Format): readonly Section[] => {
  const { words, n, seconds, day } = format
  const { total, campaigns, furtherCampaigns, failures, breakers, slowest, missed } = report
  const counted = (name: string, counts: Counts): Line => ({
    name,
    says: isQuiet(counts) ? words.quiet : sayCounts(counts, format),
    bar: counts,
  })
  const further = { name: words.further(n(furtherCampaigns)), says: '' }
  const all: readonly Section[] = [
    { title: words.total, lines: [counted(words.total, total)] },
    {
      title: words.campaigns,
      lines: [
        ...campaigns.map((campaign) => counted(campaign.name, campaign)),
        ...(furtherCampaigns > 0 ? [further] : []),
      ],
    },
    {
      title: words.failures,
      lines: failures.map((one) => ({
        name: words.causes[one.cause] ?? one.cause,
        says: n(one.n),
      })),
    },
    {
      title: words.breakers,
      lines: breakers.map(({ name, opened }) => ({ name, says: words.opened(n(opened)) })),
    },
    {
      title: words.slowest,
      lines: slowest.map(({ name, p95Ms, exchanges }) => ({
        name,
        says: words.slow(seconds(p95Ms), n(exchanges)),
      })),
    },
    {
      title: words.missed,
      hint: words.missedHint,
      lines: missed.map(({ date, ...counts }) => counted(day(date), counts)),
    },
  ]
  return all.filter(({ lines }) => lines.length > 0)
}

/** Names are people's: one line each. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()

const textOf = ({ title, hint, lines }: Section): string =>
  [
    title,
    ...(hint === undefined ? [] : [hint]),
    ...lines.map(({ name, says }) => `- ${[oneLine(name), says].filter(Boolean).join(': ')}`),
  ].join('\n')

const cell = 'padding:4px 8px 4px 0;vertical-align:top;font-size:14px'

const htmlOf = ({ title, hint, lines }: Section): string => `
<h2 style="font-size:16px;margin:24px 0 8px">${escapeHtml(title)}</h2>
${hint === undefined ? '' : `<p style="margin:0 0 8px;font-size:14px">${escapeHtml(hint)}</p>`}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse">
${lines.map(rowOf).join('\n')}
</table>`

const rowOf = ({ name, says, bar }: Line): string =>
  `<tr><td width="35%" style="${cell}">${escapeHtml(oneLine(name))}</td>` +
  `<td style="${cell}">${bar === undefined ? '' : barOf(bar)}${escapeHtml(says)}</td></tr>`

/** Widths in whole percent that add up to a hundred; what there is any of is seen. */
const barOf = (counts: Counts): string => {
  const whole = parts.reduce((sum, [name]) => sum + counts[name], 0)
  if (whole === 0) return ''
  const some = parts.filter(([name]) => counts[name] > 0)
  const widths = some.map(([name]) => Math.max(1, Math.floor((counts[name] / whole) * 100)))
  const largest = widths.indexOf(Math.max(...widths))
  const rest = 100 - widths.reduce((sum, width) => sum + width, 0)
  const cells = some.map(
    ([, colour], at) =>
      `<td width="${(widths[at] ?? 0) + (at === largest ? rest : 0)}%" height="14" bgcolor="${colour}" style="background:${colour};font-size:1px;line-height:14px">&nbsp;</td>`,
  )
  return (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:2px 0 4px">' +
    `<tr>${cells.join('')}</tr></table>`
  )
}

const legendOf = ({ words }: Format): string =>
  parts
    .map(
      ([name, colour]) =>
        `<span style="white-space:nowrap"><span style="color:${colour}">&#9632;</span> ${escapeHtml(words.states[name])}</span>`,
    )
    .join(' &nbsp; ')

const pageOf = (
  {
    language,
    tenant,
    head,
    body,
  }: {
    readonly language: Language
    readonly tenant: string
    readonly head: string
    readonly body: string
  },
  format: Format,
): string => `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(head)}</title></head>
<body style="margin:0;padding:16px;background:#f4f5f7;color:#1b1f24;font-family:system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="max-width:640px;margin:0 auto;padding:16px;background:#ffffff">
<p style="margin:0;color:#4a5058;font-size:14px">${escapeHtml(oneLine(tenant))}</p>
<h1 style="margin:4px 0 8px;font-size:20px">${escapeHtml(head)}</h1>
<p style="margin:0;font-size:12px;color:#4a5058">${legendOf(format)}</p>
${body}
</div>
</body>
</html>
`

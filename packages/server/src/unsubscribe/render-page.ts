/**
 * The page of an unsubscribe link as HTML: one form, no script, no picture, nothing loaded from anywhere. Pure. Not for
 * deciding what it shows.
 */
import { createHash } from 'node:crypto'
import { escapeHtml } from '@carillon/connectors/format'
import { maskAddress } from '@carillon/domain/suppression'
import { pageWords } from './page-words.ts'
import type { Choices } from './save-choices.ts'

// Contrast, by WCAG 2.2: text 16:1, hints 7:1, the button 7.6:1, its frame and the focus 7.6:1.
const style = `
:root{color-scheme:light}
body{margin:0;background:#f4f5f7;color:#1b1f24;font:1.0625rem/1.5 system-ui,sans-serif}
main{max-width:36rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:.5rem}
h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}
fieldset{margin:1.5rem 0;padding:0;border:0}
legend{padding:0;font-weight:600}
.row{display:grid;grid-template-columns:1.75rem 1fr;margin-top:.75rem}
.row input{width:1.25rem;height:1.25rem;margin:.15rem 0 0}
.hint{grid-column:2;margin:0;color:#4a5058;font-size:.9375rem}
.saved{padding:.75rem 1rem;border-left:.25rem solid #0b6b3a;background:#eaf6ef}
button{font:inherit;min-height:2.75rem;padding:.5rem 1rem;border:.125rem solid #0b4f8a;border-radius:.375rem;background:#0b4f8a;color:#fff;cursor:pointer}
button.plain{background:#fff;color:#0b4f8a}
:focus-visible{outline:.1875rem solid #0b4f8a;outline-offset:.1875rem}
.rest{margin-top:2rem;padding-top:1rem;border-top:1px solid #d5d9de}
`

/** Only this style, and forms to us. The pages have no scripts. */
export const pagePolicy =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; ` +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type Language = keyof typeof pageWords

const page = (language: Language, title: string, body: string): string =>
  `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`

type Box = {
  readonly name: string
  readonly value: string
  readonly label: string
  readonly hint: string | null
  readonly isOn: boolean
}

const box = ({ name, value, label, hint, isOn }: Box, at: number): string => {
  const described = hint === null || hint === '' ? '' : ` aria-describedby="h${at}"`
  const text = described === '' ? '' : `\n<p class="hint" id="h${at}">${escapeHtml(hint ?? '')}</p>`
  return `<div class="row">
<input type="checkbox" id="t${at}" name="${name}" value="${escapeHtml(value)}"${isOn ? ' checked' : ''}${described}>
<label for="t${at}">${escapeHtml(label)}</label>${text}
</div>
<input type="hidden" name="shown-${name}" value="${escapeHtml(value)}">`
}

const boxesOf = ({ topics, campaigns, language }: Choices): readonly Box[] => {
  const words = pageWords[language]
  const ofTopics = topics.map(({ id, label, description, isOn }): Box => ({
    name: 'topic',
    value: id,
    label,
    hint: description,
    isOn,
  }))
  if (campaigns === undefined) return ofTopics
  const { isOn } = campaigns
  const { campaigns: label, campaignsHint: hint } = words
  return [...ofTopics, { name: 'campaigns', value: 'yes', label, hint, isOn }]
}

/** The page with the choices of this address. `saved`: they were changed just now. */
export const renderChoices = (
  choices: Choices,
  { address, saved }: { readonly address: string; readonly saved: boolean },
): string => {
  const { language, tenantName, wantsNothing } = choices
  const words = pageWords[language]
  const boxes = boxesOf(choices)
  const status = saved ? `<p class="saved" role="status">${words.saved}</p>\n` : ''
  const now = wantsNothing
    ? `<p>${escapeHtml(words.wantsNothing(tenantName))}</p>`
    : `<p>${escapeHtml(words.intro(tenantName))}</p>`
  const save =
    boxes.length === 0
      ? `<p>${words.none}</p>`
      : `<fieldset>
<legend>${words.choose}</legend>
${boxes.map(box).join('\n')}
</fieldset>
<p><button name="do" value="save">${words.save}</button></p>`
  const nothing = wantsNothing
    ? ''
    : `\n<div class="rest">
<p id="nothing-hint">${escapeHtml(words.nothingHint(tenantName))}</p>
<p><button class="plain" name="do" value="nothing" aria-describedby="nothing-hint">${words.nothing}</button></p>
</div>`
  const who = `<p>${words.address}: <strong>${escapeHtml(maskAddress(address))}</strong></p>`
  const body = `${status}${now}\n${who}\n<form method="post">\n${save}${nothing}\n</form>`
  return page(language, words.title, body)
}

/** A page that only says something, in all languages: nobody knows whose link it is. */
export const renderNotice = (kind: 'unknown' | 'tooOften' | 'unclear'): string => {
  const { en, it } = pageWords
  const italian = `<h2 lang="it">${it[`${kind}Title`]}</h2>\n<p lang="it">${it[kind]}</p>`
  return page('en', en[`${kind}Title`], `<p>${en[kind]}</p>\n${italian}`)
}

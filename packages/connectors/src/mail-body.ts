/** The subject and the two bodies of a mail, from a rendered message. Not for headers or MIME: the SMTP port makes those. */
import type { Content, Language } from '@carillon/domain/content'
import { cleanText, escapeHtml, plainText, singleLine, truncate } from './format.ts'

/** Our own choice: no mail program shows more of a subject. */
const maxSubject = { n: 250, unit: 'utf16' } as const

/** The subject on one line: the content's, else its title, else the first line that says something, else `fallback`. */
export const mailSubject = (content: Content, fallback: string): string => {
  const candidates = [content.subject ?? '', content.title ?? '', firstLine(content.text), fallback]
  const found = candidates.map(singleLine).find((line) => line !== '') ?? ''
  return truncate(found, maxSubject)
}

const firstLine = (text: string): string => /[^\s].*/.exec(text.slice(0, 10_000))?.[0] ?? ''

/** The text and HTML bodies. The HTML is the content's own, unescaped and as it is, or a small page made of the text. */
export const mailBodies = (
  content: Content,
  subject: string,
  language: Language,
): { readonly text: string; readonly html: string } => {
  const own = cleanText(content.html ?? '')
  return {
    text: plainText(content),
    html: own.trim() === '' ? htmlPage(content, subject, language) : own,
  }
}

/**
 * A page that screen readers and dark modes cope with: language, title, one heading, paragraphs, no colours, no images,
 * no scripts. An empty line ends a paragraph, other line breaks stay.
 */
const htmlPage = (content: Content, subject: string, language: Language): string => {
  const title = singleLine(content.title ?? '')
  const heading = title === '' ? '' : `<h1 style="font-size:1.25em">${escapeHtml(title)}</h1>\n`
  const paragraphs = cleanText(content.text)
    .replaceAll(/\r\n?/g, '\n')
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll('\n', '<br>\n')}</p>\n`)
  return [
    '<!doctype html>\n',
    `<html lang="${language}">\n<head>\n<meta charset="utf-8">\n`,
    '<meta name="viewport" content="width=device-width">\n',
    `<title>${escapeHtml(subject)}</title>\n</head>\n`,
    '<body style="font-family:sans-serif;line-height:1.5;max-width:40em">\n',
    heading,
    ...paragraphs,
    '</body>\n</html>\n',
  ].join('')
}

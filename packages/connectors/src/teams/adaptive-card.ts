/**
 * The body of a post: a message with one Adaptive Card 1.4 made of title and text (channels.md section 5 [TMS] [APP]).
 * Nothing in it is markup of the sender's, and it is never larger than Teams takes.
 */
import type { Content } from '@carillon/domain/content'
import { cleanText, singleLine, truncate } from '../format.ts'
import { escapeCardText } from './card-text.ts'

/** "About 28 KB" of the whole message [TMC]: 28,000 bytes of UTF-8, the stricter reading. */
export const maxCardBytes = 28_000

/** Our own choice: a heading longer than this is not one, and must leave room for the text. */
const maxTitle = { n: 256, unit: 'utf16' } as const

/** A paragraph of such lines becomes a table of facts. */
const factLine = /^([^:]{1,40}): +(\S.*)$/

/**
 * The JSON of the post, at most `maxCardBytes` long; a longer text is cut between characters, with an ellipsis. Undefined
 * when there is nothing to say.
 */
export const cardOf = (content: Content): string | undefined => {
  const title = truncate(singleLine(content.title ?? content.subject ?? ''), maxTitle)
  const text = cleanText(content.text)
    .replaceAll(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .trim()
  if (title === '' && text === '') return undefined
  const whole = postOf(title, text.slice(0, maxCardBytes + 1))
  return text.length <= maxCardBytes && fits(whole) ? whole : longestPost(title, text)
}

const fits = (post: string): boolean => Buffer.byteLength(post) <= maxCardBytes

/** What a text takes depends on its lines and its escapes, so the longest one that fits is searched for. */
const longestPost = (title: string, text: string): string => {
  const postUpTo = (n: number): string => postOf(title, truncate(text, { n, unit: 'utf16' }))
  let least = 1
  // Each UTF-16 unit takes a byte or more.
  let most = Math.min(text.length, maxCardBytes)
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (fits(postUpTo(middle))) least = middle
    else most = middle - 1
  }
  return postUpTo(least)
}

const postOf = (title: string, text: string): string => {
  const heading = {
    type: 'TextBlock',
    text: escapeCardText(title),
    size: 'Medium',
    weight: 'Bolder',
    wrap: true,
  }
  const paragraphs = text.split(/\n(?:[^\S\n]*\n)+/).filter((paragraph) => paragraph.trim() !== '')
  return JSON.stringify({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [...(title === '' ? [] : [heading]), ...paragraphs.flatMap(blocksOf)],
          msteams: { width: 'Full' },
        },
      },
    ],
  })
}

/** Facts, or a block for each line: inside one block a single line break is no line break to Teams. */
const blocksOf = (paragraph: string): readonly object[] => {
  const lines = paragraph.split('\n').filter((line) => line.trim() !== '')
  const facts = lines.flatMap((line) => {
    const [, name = '', value = ''] = factLine.exec(line.trim()) ?? []
    return value === '' ? [] : [{ title: escapeCardText(name), value: escapeCardText(value) }]
  })
  if (lines.length > 1 && facts.length === lines.length) return [{ type: 'FactSet', facts }]
  return lines.map((line, at) => ({
    type: 'TextBlock',
    text: escapeCardText(line),
    wrap: true,
    ...(at === 0 ? {} : { spacing: 'None' }),
  }))
}

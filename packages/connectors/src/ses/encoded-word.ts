/** Display names beyond ASCII for header fields, as RFC 2047 encodes them. Not for addresses. */

/** An encoded word has at most 75 characters: 12 of frame, and 60 of base64 for 45 bytes. */
const maxBytes = 45

/** The text as base64 encoded words in UTF-8, separated by spaces; no character is split between two. */
export const encodedWord = (text: string): string => {
  const words: string[] = []
  let word = ''
  for (const character of text.toWellFormed()) {
    if (Buffer.byteLength(word) + Buffer.byteLength(character) > maxBytes) {
      words.push(word)
      word = ''
    }
    word += character
  }
  return [...words, word]
    .map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`)
    .join(' ')
}

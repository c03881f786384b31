/** Cutting a text for people to read. What a provider's limit asks for is cut by its connector, in the provider's unit. */

/** The text, or its beginning and "…" when it is longer than `maxChars` UTF-16 units; never half a character. */
export const shortened = (text: string, maxChars: number): string => {
  if (text.length <= maxChars) return text
  const cut = text.slice(0, Math.max(0, maxChars - 1))
  const half = /[\uD800-\uDBFF]$/.test(cut)
  return `${half ? cut.slice(0, -1) : cut}…`
}

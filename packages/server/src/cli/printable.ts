/** Text that came from outside, made safe for a terminal. Not for JSON output: JSON escapes by itself. */

/** C0 and C1 controls (ESC begins terminal commands), line separators, and the marks that turn the direction of text. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/**
 * One line: controls and line breaks become a blank, and what is longer than `longest` characters (default 2,000) ends
 * in "…". A provider's message or a file's name must not move the cursor or hide what stands before it.
 */
export const printable = (text: string, longest = 2_000): string => {
  const clean = text.replaceAll(unsafe, ' ')
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean
}

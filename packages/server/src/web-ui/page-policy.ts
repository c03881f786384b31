/** What the UI's pages may load: their own scripts and styles, and styles with this answer's nonce. Nothing inline. */

/** The policy of a page with this nonce. Images of mails come in as `data:` only: nothing tells a sender who looks. */
export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')

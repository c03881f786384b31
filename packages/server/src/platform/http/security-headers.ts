/**
 * The security headers of every answer. Written out instead of @fastify/helmet, which builds them anew for each request
 * (measured here: an empty route goes from 37-55 us to 104 us with it).
 */

/** For JSON: nothing may be loaded or framed, whoever opens it in a browser. */
const apiPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** For the browsable API document: its own scripts and styles, and requests to this server. */
export const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** The set that helmet 8 sends, with a stricter policy. A route that serves pages sets its own `content-security-policy`. */
export const securityHeaders = {
  'content-security-policy': apiPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
} as const

/** Only when the public URL is https: a browser keeps it for a year, and plain http would be locked out. */
export const strictTransport = { 'strict-transport-security': 'max-age=31536000' } as const

/** Does a call of the hook come from the other side? One function a scheme, over the raw bytes. Not for what the call says. */
import { createHmac, createPublicKey } from 'node:crypto'
import { parseDuration } from '@carillon/domain/duration'
import { isRecord } from '@carillon/domain/filter-path'
import { sameText } from '../hook-token.ts'
import type { HookAnswer, HookProof, HookRequest } from '../receipts.ts'
import type { SourceHookContext } from '../source.ts'
import { jwsProblem, kidOfJws } from '../verify-jws.ts'
import { standardSignatureProblem, standardToleranceMs } from '../verify-standard-signature.ts'
import type { InboundAuth, InboundSecrets, InboundSettings } from './settings.ts'

type Context = SourceHookContext<InboundSettings, InboundSecrets>
type Auth<Scheme extends InboundAuth['scheme']> = Extract<InboundAuth, { scheme: Scheme }>

/** Where the proof stands, for the conformance suite. */
export const proofOf = ({ auth }: InboundSettings): HookProof => {
  switch (auth.scheme) {
    case 'standard-webhooks': {
      const prefix = auth.prefix ?? 'webhook'
      const headers = ['id', 'timestamp', 'signature'].map((name) => `${prefix}-${name}`)
      return { headers, toleranceMs: standardToleranceMs }
    }
    case 'hmac': {
      const { header, timestampHeader } = auth
      const headers = [header, ...(timestampHeader === undefined ? [] : [timestampHeader])]
      return {
        headers: headers.map((name) => name.toLowerCase()),
        ...(timestampHeader === undefined ? {} : { toleranceMs: toleranceOf(auth) }),
      }
    }
    case 'jws':
      return { headers: [auth.header.toLowerCase()], byPublicKey: true }
    case 'token': {
      const unsignedBody = 'a shared token covers nothing'
      return auth.in === 'query'
        ? { query: [auth.name], unsignedBody }
        : { headers: [auth.name.toLowerCase()], unsignedBody }
    }
    case 'basic':
      return { headers: ['authorization'], unsignedBody: 'a password covers nothing' }
  }
}

/** The refusal of a call that is not proved; undefined: it is. Never throws. */
export const refusedCall = async (
  request: HookRequest,
  context: Context,
): Promise<Extract<HookAnswer, { readonly ok: false }> | undefined> => {
  const { auth } = context.settings
  if (auth.scheme === 'jws') return await refusedByJws(request, auth, context)
  const { secret, previousSecret } = context.secrets
  const secrets = [secret ?? '', previousSecret ?? ''].filter((each) => each !== '')
  if (secrets.length === 0) return unauthenticated('the integration has no secret')
  // While the other side changes its secret, both are believed.
  const problems = secrets.map((each) =>
    problemOf(request, { auth, secret: each, now: context.now }),
  )
  return problems.includes(undefined) ? undefined : unauthenticated(problems[0] ?? 'not proved')
}

const unauthenticated = (detail: string) =>
  ({ ok: false, reason: 'unauthenticated', detail }) as const

type Given = {
  readonly auth: Exclude<InboundAuth, { scheme: 'jws' }>
  readonly secret: string
  readonly now: Context['now']
}

const problemOf = (request: HookRequest, { auth, secret, now }: Given): string | undefined => {
  switch (auth.scheme) {
    case 'standard-webhooks':
      return standardSignatureProblem(request, { secret, prefix: auth.prefix ?? 'webhook', now })
    case 'hmac':
      return hmacProblem(request, auth, { secret, now })
    case 'token':
      return tokenProblem(request, auth, secret)
    case 'basic':
      return basicProblem(request, auth, secret)
  }
}

const toleranceOf = ({ tolerance }: Auth<'hmac'>): number => {
  const ms = tolerance === undefined ? undefined : parseDuration(tolerance)
  return typeof ms === 'number' ? ms : standardToleranceMs
}

const hmacProblem = (
  request: HookRequest,
  auth: Auth<'hmac'>,
  { secret, now }: Pick<Given, 'secret' | 'now'>,
): string | undefined => {
  const given = request.headers[auth.header.toLowerCase()] ?? ''
  const { prefix = '' } = auth
  if (!given.startsWith(prefix) || given === prefix) return 'the call is not signed'
  const timestamp =
    auth.timestampHeader === undefined
      ? ''
      : (request.headers[auth.timestampHeader.toLowerCase()] ?? '')
  if (auth.timestampHeader !== undefined) {
    const at = timeOf(timestamp)
    if (at === undefined) return 'the call has no time'
    if (Math.abs(now - at) > toleranceOf(auth)) return 'the call is too old, or of the future'
  }
  const expected = hmacOf(request, { auth, secret, timestamp })
  if (expected === undefined) return 'the secret is not written as keyEncoding says'
  const signature = given.slice(prefix.length)
  const same = auth.encoding === 'base64' ? signature : signature.toLowerCase()
  return sameText(same, expected) ? undefined : 'no signature fits'
}

/** The signature of a call; undefined for a secret that is no key. Exported for the suite, which signs calls itself. */
export const hmacOf = (
  { body }: Pick<HookRequest, 'body'>,
  {
    auth,
    secret,
    timestamp,
  }: { readonly auth: Auth<'hmac'>; readonly secret: string; readonly timestamp: string },
): string | undefined => {
  const key = keyOf(secret, auth.keyEncoding ?? 'text')
  if (key === undefined) return undefined
  const mac = createHmac(auth.algorithm ?? 'sha256', key)
  for (const part of (auth.signed ?? '{body}').split(/(\{body\}|\{timestamp\})/))
    mac.update(part === '{body}' ? body : part === '{timestamp}' ? timestamp : part)
  return mac.digest(auth.encoding ?? 'hex')
}

const keyOf = (secret: string, encoding: 'text' | 'hex' | 'base64'): Buffer | undefined => {
  if (encoding === 'text') return Buffer.from(secret)
  const key = Buffer.from(secret, encoding)
  return key.length >= 4 ? key : undefined
}

/** Epoch milliseconds; undefined: no time. */
const timeOf = (text: string): number | undefined => {
  if (/^\d{1,15}$/.test(text)) return Number(text) * (Number(text) > 1e11 ? 1 : 1_000)
  const parsed = /^\d{4}-\d\d-\d\d[Tt]/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}

const tokenProblem = (
  request: HookRequest,
  auth: Auth<'token'>,
  secret: string,
): string | undefined => {
  const given =
    auth.in === 'query' ? request.query[auth.name] : request.headers[auth.name.toLowerCase()]
  return sameText(given ?? '', `${auth.prefix ?? ''}${secret}`)
    ? undefined
    : 'the token is missing or wrong'
}

const basicProblem = (
  { headers }: HookRequest,
  { user }: Auth<'basic'>,
  secret: string,
): string | undefined => {
  const expected = `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`
  return sameText(headers['authorization'] ?? '', expected)
    ? undefined
    : 'user or password is missing or wrong'
}

const refusedByJws = async (
  { headers, body }: HookRequest,
  auth: Auth<'jws'>,
  { publicKeys }: Context,
): Promise<Extract<HookAnswer, { readonly ok: false }> | undefined> => {
  const jws = headers[auth.header.toLowerCase()] ?? ''
  // Nothing is fetched for callers that have signed nothing.
  if (jws === '') return unauthenticated('the call is not signed')
  const kid = kidOfJws(jws)
  const keys =
    auth.publicKey === undefined
      ? await publicKeys(auth.jwksUrl ?? '', kid === undefined ? {} : { kid })
      : keySetOf(auth.publicKey, kid)
  if (keys === undefined)
    return auth.publicKey === undefined
      ? { ok: false, reason: 'unavailable', detail: 'the public keys can not be had at the moment' }
      : unauthenticated('the public key of the integration is none')
  const detail = jwsProblem(jws, { payload: body, keys, algorithms: auth.algorithms })
  return detail === undefined ? undefined : unauthenticated(detail)
}

/** A JWKS document out of a PEM, a JWK or a JWKS; undefined: it is none. A single key is meant whatever the call names it. */
const keySetOf = (
  text: string,
  kid: string | undefined,
): Readonly<Record<string, unknown>> | undefined => {
  const named = (key: object) => ({ keys: [{ ...key, ...(kid === undefined ? {} : { kid }) }] })
  try {
    if (!text.trimStart().startsWith('{'))
      return named(createPublicKey(text).export({ format: 'jwk' }))
    const value: unknown = JSON.parse(text)
    if (!isRecord(value)) return undefined
    return 'keys' in value ? value : named(value)
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

/**
 * An OpenID provider on loopback, strict where it protects people: discovery, keys, the code flow with PKCE (S256), client
 * authentication, one use of each code (OpenID Connect Core §3.1, RFC 6749 §4.1, RFC 7636). Its login page is a value.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type JsonWebKey } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { listenOnLoopback } from './listen-on-loopback.ts'

export type OidcPerson = {
  readonly sub: string
  readonly email: string
  readonly name: string
  readonly emailVerified: boolean
}

export type FakeOidc = {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Who signs in at the provider from now on. */
  readonly signInAs: (person: OidcPerson) => void
  /** Changes the ID tokens from now on: what an attacker or a broken provider would give. */
  readonly forge: (claims: Readonly<Record<string, unknown>>) => void
  /** What was wrong with requests so far; empty: nothing. */
  readonly complaints: readonly string[]
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

type Issued = {
  readonly challenge: string
  readonly redirectUri: string
  readonly nonce: string | null
}

const base64url = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

const createSigner = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const jwk: JsonWebKey = publicKey.export({ format: 'jwk' })
  return {
    keys: [{ ...jwk, kid: 'k1', alg: 'RS256', use: 'sig' }],
    signed: (claims: Readonly<Record<string, unknown>>): string => {
      const head = `${base64url({ alg: 'RS256', kid: 'k1', typ: 'JWT' })}.${base64url(claims)}`
      return `${head}.${sign('RSA-SHA256', Buffer.from(head), privateKey).toString('base64url')}`
    },
  }
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** The client's id and secret, from Basic (RFC 6749 §2.3.1) or from the form. */
const credentialsOf = (request: IncomingMessage, form: URLSearchParams): string => {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  return basic === undefined
    ? `${form.get('client_id') ?? ''}:${form.get('client_secret') ?? ''}`
    : Buffer.from(basic, 'base64').toString('utf8')
}

type Provider = {
  issuer: string
  person: OidcPerson | undefined
  forged: Readonly<Record<string, unknown>>
  readonly clientId: string
  readonly clientSecret: string
  readonly codes: Map<string, Issued>
  readonly complaints: string[]
  readonly signer: ReturnType<typeof createSigner>
}

const authorize = (
  { clientId, codes, complaints }: Provider,
  query: URLSearchParams,
  response: ServerResponse,
): void => {
  const redirectUri = query.get('redirect_uri') ?? ''
  if (query.get('client_id') !== clientId) complaints.push('authorize: another client')
  if (query.get('response_type') !== 'code') complaints.push('authorize: no code flow')
  if (query.get('code_challenge_method') !== 'S256') complaints.push('authorize: no PKCE')
  if (query.get('nonce') === null) complaints.push('authorize: no nonce')
  if (!(query.get('scope') ?? '').split(' ').includes('openid')) complaints.push('no openid')
  const code = randomBytes(16).toString('hex')
  codes.set(code, {
    challenge: query.get('code_challenge') ?? '',
    redirectUri,
    nonce: query.get('nonce'),
  })
  const back = new URL(redirectUri)
  back.searchParams.set('code', code)
  back.searchParams.set('state', query.get('state') ?? '')
  response.writeHead(302, { location: back.href }).end()
}

const idTokenFor = (provider: Provider, { nonce }: Issued): string => {
  const now = Math.floor(Date.now() / 1_000)
  const { sub = '', email = '', name = '', emailVerified = false } = provider.person ?? {}
  const { issuer: iss, clientId: aud, forged } = provider
  const standard = { iss, aud, iat: now, exp: now + 300, nonce }
  const claims = { ...standard, sub, email, name, email_verified: emailVerified, ...forged }
  return provider.signer.signed(claims)
}

/** What is wrong with a request for tokens; undefined: nothing. */
const faultOf = (
  { clientId, clientSecret }: Provider,
  issued: Issued | undefined,
  { form, credentials }: { readonly form: URLSearchParams; readonly credentials: string },
): string | undefined => {
  const verifier = form.get('code_verifier') ?? ''
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  if (issued === undefined) return 'an unknown code'
  if (credentials !== `${clientId}:${clientSecret}`) return 'the wrong client'
  if (issued.challenge !== challenge) return 'the wrong verifier'
  return issued.redirectUri === form.get('redirect_uri') ? undefined : 'another redirect URI'
}

const giveTokens = async (
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const form = new URLSearchParams(await text(request))
  const code = form.get('code') ?? ''
  const issued = provider.codes.get(code)
  provider.codes.delete(code)
  const credentials = credentialsOf(request, form)
  const fault = faultOf(provider, issued, { form, credentials })
  if (issued === undefined || fault !== undefined) {
    provider.complaints.push(`token: ${fault ?? ''}`)
    return json(response, 400, { error: 'invalid_grant' })
  }
  json(response, 200, {
    access_token: randomBytes(16).toString('hex'),
    token_type: 'Bearer',
    expires_in: 300,
    id_token: idTokenFor(provider, issued),
  })
}

const discoveryOf = ({ issuer }: Provider) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
})

const answer = async (
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { pathname, searchParams } = new URL(request.url ?? '/', provider.issuer)
  if (pathname === '/authorize') authorize(provider, searchParams, response)
  else if (pathname === '/token') await giveTokens(provider, request, response)
  else if (pathname === '/jwks') json(response, 200, { keys: provider.signer.keys })
  else if (pathname === '/.well-known/openid-configuration') {
    json(response, 200, discoveryOf(provider))
  } else json(response, 404, {})
}

/** Starts one; whoever comes signs in as the person told last. */
export const startFakeOidc = async (): Promise<FakeOidc> => {
  const provider: Provider = {
    issuer: '',
    person: undefined,
    forged: {},
    clientId: 'carillon',
    clientSecret: randomBytes(16).toString('hex'),
    codes: new Map(),
    complaints: [],
    signer: createSigner(),
  }
  const server = createServer((request, response) => {
    answer(provider, request, response).catch((error: unknown) => {
      provider.complaints.push(String(error))
      response.destroy()
    })
  })
  provider.issuer = `http://127.0.0.1:${await listenOnLoopback(server)}`
  const { issuer, clientId, clientSecret, complaints } = provider
  return {
    issuer,
    clientId,
    clientSecret,
    complaints,
    signInAs: (person) => {
      provider.person = person
      provider.forged = {}
    },
    forge: (claims) => {
      provider.forged = claims
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      const { promise, resolve } = Promise.withResolvers<undefined>()
      server.close(() => resolve(undefined))
      await promise
    },
  }
}

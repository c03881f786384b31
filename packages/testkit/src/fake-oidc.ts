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

/** Starts one; whoever comes signs in as the person told last. */
export const startFakeOidc = async (): Promise<FakeOidc> => {
  const [clientId, clientSecret] = ['carillon', randomBytes(16).toString('hex')]
  const signer = createSigner()
  const codes = new Map<string, Issued>()
  const complaints: string[] = []
  const state: { person?: OidcPerson; forged: Readonly<Record<string, unknown>> } = { forged: {} }
  const started = { issuer: '' }

  const authorize = (query: URLSearchParams, response: ServerResponse): void => {
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

  const idToken = ({ nonce }: Issued): string => {
    const now = Math.floor(Date.now() / 1_000)
    const { sub = '', email = '', name = '', emailVerified = false } = state.person ?? {}
    const standard = { iss: started.issuer, aud: clientId, iat: now, exp: now + 300, nonce }
    return signer.signed({
      ...standard,
      sub,
      email,
      name,
      email_verified: emailVerified,
      ...state.forged,
    })
  }

  const token = (
    request: IncomingMessage,
    form: URLSearchParams,
    response: ServerResponse,
  ): void => {
    const issued = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const verifier = form.get('code_verifier') ?? ''
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const wrong =
      issued === undefined
        ? 'an unknown code'
        : credentialsOf(request, form) !== `${clientId}:${clientSecret}`
          ? 'the wrong client'
          : issued.challenge !== challenge
            ? 'the wrong verifier'
            : issued.redirectUri !== form.get('redirect_uri')
              ? 'another redirect URI'
              : undefined
    if (wrong !== undefined || issued === undefined) {
      complaints.push(`token: ${wrong ?? ''}`)
      return json(response, 400, { error: 'invalid_grant' })
    }
    json(response, 200, {
      access_token: randomBytes(16).toString('hex'),
      token_type: 'Bearer',
      expires_in: 300,
      id_token: idToken(issued),
    })
  }

  const discovery = () => ({
    issuer: started.issuer,
    authorization_endpoint: `${started.issuer}/authorize`,
    token_endpoint: `${started.issuer}/token`,
    jwks_uri: `${started.issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', started.issuer)
    if (url.pathname === '/.well-known/openid-configuration') json(response, 200, discovery())
    else if (url.pathname === '/jwks') json(response, 200, { keys: signer.keys })
    else if (url.pathname === '/authorize') authorize(url.searchParams, response)
    else if (url.pathname === '/token') {
      token(request, new URLSearchParams(await text(request)), response)
    } else json(response, 404, {})
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      complaints.push(String(error))
      response.destroy()
    })
  })
  started.issuer = `http://127.0.0.1:${await listenOnLoopback(server)}`
  return {
    issuer: started.issuer,
    clientId,
    clientSecret,
    complaints,
    signInAs: (person) => {
      state.person = person
      state.forged = {}
    },
    forge: (claims) => {
      state.forged = claims
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      const { promise, resolve } = Promise.withResolvers<undefined>()
      server.close(() => resolve(undefined))
      await promise
    },
  }
}

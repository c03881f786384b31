/** Settings and secrets of the connector `inbound`: how a call is proved, and what it means. Schemas and what must hold together. */
import Type, { type Static } from 'typebox'
import { DurationText, parseDuration } from '@carillon/domain/duration'
import { eventMap, eventMapProblems, pathProblems } from '../event-map.ts'
import { targetUrlProblem } from '../target-url.ts'

const headerName = (title: string, description: string) =>
  Type.String({ title, description, pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$' })

const tolerance = Type.Optional({
  ...DurationText,
  title: 'Tolerance',
  description: "How far the call's own time may be from ours. Default 5m.",
})

const schemeOf = <Name extends string>(name: Name) =>
  Type.Literal(name, { title: 'Scheme', description: 'How the call is proved.' })

const closed = { additionalProperties: false }

const standard = Type.Object(
  {
    scheme: schemeOf('standard-webhooks'),
    prefix: Type.Optional(
      Type.Union([Type.Literal('webhook'), Type.Literal('svix')], {
        title: 'Prefix',
        description: 'Of the three headers. Default webhook.',
      }),
    ),
  },
  { ...closed, title: 'Standard Webhooks' },
)

const hmac = Type.Object(
  {
    scheme: schemeOf('hmac'),
    header: headerName('Header', 'Where the signature stands, such as x-hub-signature-256.'),
    prefix: Type.Optional(
      Type.String({
        title: 'Prefix',
        maxLength: 50,
        description: 'What stands before it, such as sha256= (GitHub).',
      }),
    ),
    algorithm: Type.Optional(
      Type.Union([Type.Literal('sha256'), Type.Literal('sha512'), Type.Literal('sha1')], {
        title: 'Algorithm',
        description: 'Default sha256.',
      }),
    ),
    encoding: Type.Optional(
      Type.Union([Type.Literal('hex'), Type.Literal('base64')], {
        title: 'Encoding',
        description: 'Default hex.',
      }),
    ),
    keyEncoding: Type.Optional(
      Type.Union([Type.Literal('text'), Type.Literal('hex'), Type.Literal('base64')], {
        title: 'Form of the secret',
        description: 'How the secret is written. Default text.',
      }),
    ),
    signed: Type.Optional(
      Type.String({
        maxLength: 200,
        title: 'What is signed',
        description:
          'What is signed: text with {body} and {timestamp}. Default {body}; Slack: v0:{timestamp}:{body}.',
      }),
    ),
    timestampHeader: Type.Optional(
      headerName('Header of the time', 'Seconds or milliseconds since 1970, or RFC 3339.'),
    ),
    tolerance,
  },
  { ...closed, title: 'HMAC over the body' },
)

const jws = Type.Object(
  {
    scheme: schemeOf('jws'),
    header: headerName(
      'Header',
      'Where the JWS stands: compact, or detached (RFC 7515 appendix F).',
    ),
    algorithms: Type.Array(
      Type.Union([
        Type.Literal('PS256'),
        Type.Literal('RS256'),
        Type.Literal('ES256'),
        Type.Literal('EdDSA'),
      ]),
      {
        minItems: 1,
        maxItems: 4,
        title: 'Algorithms',
        description: 'Those that are believed: no other ones are.',
      },
    ),
    jwksUrl: Type.Optional(
      Type.String({
        maxLength: 2_000,
        title: 'URL of the keys',
        description: "The other side's public keys (JWKS), fetched.",
      }),
    ),
    publicKey: Type.Optional(
      Type.String({
        maxLength: 20_000,
        title: 'Public key',
        description: 'Instead: its public key as PEM, or as a JWK or JWKS in JSON.',
      }),
    ),
  },
  { ...closed, title: 'JSON Web Signature' },
)

const token = Type.Object(
  {
    scheme: schemeOf('token'),
    in: Type.Union([Type.Literal('header'), Type.Literal('query')], {
      title: 'Place',
      description: 'Where the token stands.',
    }),
    name: headerName('Name', 'Of the header or of the query parameter.'),
    prefix: Type.Optional(
      Type.String({
        title: 'Prefix',
        maxLength: 50,
        description: 'What stands before it, such as "Bearer ".',
      }),
    ),
  },
  { ...closed, title: 'Shared token' },
)

const basic = Type.Object(
  {
    scheme: schemeOf('basic'),
    user: Type.String({
      title: 'User',
      description: 'The secret is the password.',
      minLength: 1,
      maxLength: 200,
      pattern: '^[^:\\x00-\\x1f]+$',
    }),
  },
  { ...closed, title: 'Basic authentication' },
)

export const inboundSettings = Type.Object(
  {
    auth: Type.Union([standard, hmac, jws, token, basic], {
      title: 'Proof of origin',
      description: 'How a call shows that it comes from the other side.',
    }),
    map: eventMap,
    items: Type.Optional(
      Type.String({
        maxLength: 500,
        title: 'Items',
        description: 'Path to a list in the body, each of which is an event: $.events.',
      }),
    ),
    deliveryIdHeader: Type.Optional(
      headerName(
        'Header of the delivery id',
        'What the other side repeats when it calls again, such as x-github-delivery.',
      ),
    ),
  },
  { additionalProperties: false },
)
export type InboundSettings = Static<typeof inboundSettings>
export type InboundAuth = InboundSettings['auth']

const secretField = (title: string, description: string) =>
  Type.Optional(Type.String({ title, description, minLength: 8, maxLength: 2_000 }))

export const inboundSecrets = Type.Object(
  {
    secret: secretField(
      'Secret',
      'What the other side signs with, its token, or its password. Made when left out; not used by jws.',
    ),
    previousSecret: secretField(
      'Previous secret',
      'Believed as well while the other side changes to the new one. Remove it then.',
    ),
  },
  { additionalProperties: false },
)
export type InboundSecrets = Static<typeof inboundSecrets>

type Problem = { readonly pointer: string; readonly detail: string }

/** What does not hold together. */
export const inboundProblems = (settings: InboundSettings): readonly Problem[] => [
  ...authProblems(settings.auth),
  ...eventMapProblems(settings.map, '/settings/map'),
  ...(settings.items === undefined
    ? []
    : settings.items.startsWith('$')
      ? pathProblems(settings.items, '/settings/items')
      : [{ pointer: '/settings/items', detail: 'Write a path, such as $.events.' }]),
]

const authProblems = (auth: InboundAuth): readonly Problem[] => {
  switch (auth.scheme) {
    case 'hmac':
      return hmacProblems(auth)
    case 'jws':
      return jwsProblems(auth)
    case 'standard-webhooks':
    case 'token':
    case 'basic':
      return []
  }
}

const hmacProblems = ({
  signed = '{body}',
  timestampHeader,
  tolerance: within,
}: Extract<InboundAuth, { scheme: 'hmac' }>): readonly Problem[] => {
  const problems: Problem[] = []
  const at = (pointer: string, detail: string) =>
    void problems.push({ pointer: `/settings/auth/${pointer}`, detail })
  if (!signed.includes('{body}')) at('signed', 'The body must be signed: it needs {body}.')
  // A time that nobody has signed can be any time.
  if (signed.includes('{timestamp}') !== (timestampHeader !== undefined))
    at('timestampHeader', 'Give it exactly when {timestamp} is part of what is signed.')
  const ms = within === undefined ? 0 : parseDuration(within)
  if (typeof ms !== 'number') at('tolerance', `"${within}" ${ms.error}.`)
  return problems
}

const jwsProblems = ({
  jwksUrl,
  publicKey,
}: Extract<InboundAuth, { scheme: 'jws' }>): readonly Problem[] => {
  if ((jwksUrl === undefined) === (publicKey === undefined))
    return [{ pointer: '/settings/auth/jwksUrl', detail: 'Give either jwksUrl or publicKey.' }]
  const detail = jwksUrl === undefined ? undefined : targetUrlProblem(jwksUrl)
  return detail === undefined ? [] : [{ pointer: '/settings/auth/jwksUrl', detail }]
}

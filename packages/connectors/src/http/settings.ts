/** The fields of an HTTP integration. Checks across fields are in `http.ts`. */
import Type, { type Static } from 'typebox'
import { userHeadersSchema } from '../user-headers.ts'

/** What can be read and changed. */
export const httpSettings = Type.Object(
  {
    method: Type.Union(
      [
        Type.Literal('POST'),
        Type.Literal('PUT'),
        Type.Literal('PATCH'),
        Type.Literal('DELETE'),
        Type.Literal('GET'),
      ],
      { title: 'Method', description: 'What the API asks for.' },
    ),
    url: Type.String({
      title: 'URL',
      description:
        'Template. Inserted values are percent-encoded; scheme and host must stand there as they are. Redirects are not followed.',
      maxLength: 4_096,
    }),
    headers: Type.Optional(
      userHeadersSchema({
        title: 'Headers',
        description:
          'Templates of more request headers. They can be read by whoever sees the settings: credentials belong into the secret `token`.',
      }),
    ),
    body: Type.Optional(
      Type.String({
        title: 'Body',
        description:
          'Template of the body. Inserted values are escaped for JSON (for form content percent-encoded, for any other content type not at all). Left out: {"type", "timestamp", "data"} for POST, PUT and PATCH, nothing for the others.',
        maxLength: 65_536,
      }),
    ),
    tokenHeader: Type.Optional(
      Type.String({
        title: 'Header of the token',
        description: 'Where the secret `token` goes. Left out: Authorization.',
        pattern: '^[A-Za-z0-9-]{1,64}$',
      }),
    ),
    tokenScheme: Type.Optional(
      Type.String({
        title: 'Scheme of the token',
        description:
          'The word before the token, such as Bearer, Basic or Token; empty for none. Left out: Bearer in the header Authorization, none in others.',
        pattern: '^[A-Za-z0-9-]{0,32}$',
      }),
    ),
    successStatuses: Type.Optional(
      Type.Array(Type.Integer({ minimum: 300, maximum: 599 }), {
        title: 'More successful statuses',
        description:
          'Answers that count as success besides 200 to 299, such as 409 where the API says "already exists".',
        maxItems: 20,
      }),
    ),
    retryStatuses: Type.Optional(
      Type.Array(Type.Integer({ minimum: 300, maximum: 599 }), {
        title: 'Statuses to try again after',
        description:
          'Answers that are no refusal but say "not now", such as 423 where the API says "locked". 408, 425, 429 and 5xx are tried again anyway.',
        maxItems: 20,
      }),
    ),
    idempotencyKey: Type.Optional(
      Type.String({
        title: 'Idempotency key',
        description:
          'Template of the header Idempotency-Key, for APIs that want a key of their own, such as {{ event.id }}. Left out: the delivery’s id, which is the same at every attempt; with a template that goes into X-Carillon-Delivery.',
        minLength: 1,
        maxLength: 500,
      }),
    ),
  },
  { additionalProperties: false },
)

/** What is encrypted and write-only. */
export const httpSecrets = Type.Object(
  {
    token: Type.Optional(
      Type.String({
        title: 'Token',
        description: 'Sent as `Authorization: Bearer <token>` unless the settings say otherwise.',
        minLength: 1,
        maxLength: 8_192,
        pattern: '^[!-~]([ -~]*[!-~])?$',
      }),
    ),
  },
  { additionalProperties: false },
)

export type HttpSettings = Static<typeof httpSettings>
export type HttpSecrets = Static<typeof httpSecrets>

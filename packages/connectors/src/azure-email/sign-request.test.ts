import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { sharedVectors } from '@carillon/testkit/shared-vectors'
import { signedHeaders } from './sign-request.ts'

const text = Type.String()
const vectors = sharedVectors(
  'azure-communication-hmac.json',
  Type.Object({
    vector: Type.Object({
      accessKeyBase64: text,
      method: Type.Literal('POST'),
      host: text,
      pathAndQuery: text,
      'x-ms-date': text,
      body: text,
      'x-ms-content-sha256': text,
      Authorization: text,
    }),
  }),
  {
    vector: {
      accessKeyBase64: '',
      method: 'POST',
      host: '',
      pathAndQuery: '',
      'x-ms-date': '',
      body: '',
      'x-ms-content-sha256': '',
      Authorization: '',
    },
  },
)

describe.skipIf(!vectors.isThere)(`the vector of the SDK${vectors.leftOut}`, () => {
  const { vector } = vectors.value

  test('is what we compute', () => {
    expect(
      signedHeaders({
        method: vector.method,
        url: `https://${vector.host}${vector.pathAndQuery}`,
        body: vector.body,
        accessKey: vector.accessKeyBase64,
        now: instant(Date.parse(vector['x-ms-date'])),
      }),
    ).toEqual({
      'x-ms-date': vector['x-ms-date'],
      'x-ms-content-sha256': vector['x-ms-content-sha256'],
      authorization: vector.Authorization,
    })
  })
})

test('the port is a part of the host that is signed, as the client sends it', () => {
  const given = { method: 'GET', body: '', accessKey: 'a2V5', now: instant(0) } as const
  const plain = signedHeaders({ ...given, url: 'https://example.org/x' })
  expect(signedHeaders({ ...given, url: 'https://example.org:443/x' })).toEqual(plain)
  expect(signedHeaders({ ...given, url: 'https://example.org:8443/x' })).not.toEqual(plain)
})

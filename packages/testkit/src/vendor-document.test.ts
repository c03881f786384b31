import { describe, expect, test } from 'vitest'
import type { HttpRequest } from '@carillon/connectors/http-port'
import { readDocument } from './vendor-document.ts'

const letter = {
  type: 'object',
  required: ['to'],
  properties: {
    to: { type: 'string' },
    copies: { type: 'integer', maximum: 9 },
    parts: { type: 'array', items: { $ref: '#/components/schemas/Part' } },
    urgent: { type: 'boolean' },
  },
}

const modern = {
  openapi: '3.0.3',
  servers: [{ url: 'https://api.example.org/v1' }],
  security: [{ token: [] }],
  paths: {
    '/boxes/{box}/letters': {
      post: {
        parameters: [
          { in: 'path', name: 'box', required: true, schema: { type: 'string', pattern: '^b' } },
          { in: 'query', name: 'dry', schema: { type: 'boolean' } },
          {
            in: 'header',
            name: 'X-Key',
            required: true,
            schema: { type: 'string', format: 'uuid' },
          },
        ],
        requestBody: {
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/Letter' } },
            'application/x-www-form-urlencoded': {
              schema: { $ref: '#/components/schemas/Letter' },
            },
          },
        },
      },
    },
  },
  components: {
    schemas: { Letter: letter, Part: { type: 'object', properties: { text: { type: 'string' } } } },
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
  },
}

const sound: HttpRequest = {
  method: 'POST',
  url: 'https://api.example.org/v1/boxes/b1/letters?dry=true',
  headers: {
    'content-type': 'application/json; charset=utf-8',
    authorization: 'Bearer x',
    'x-key': '8540c0de-899f-5cce-acb5-3ec493af3800',
  },
  body: '{"to":"anna","parts":[{"text":"hi"}]}',
}

describe('a request', () => {
  const { problems } = readDocument(modern)

  test('that the document allows has no problems', () => {
    expect(problems(sound)).toEqual([])
  })

  test('may go to a gateway of one’s own, under a prefix', () => {
    const url = 'http://localhost:8080/proxy/v1/boxes/b1/letters'
    expect(problems({ ...sound, url })).toEqual([])
  })

  test('as a form has numbers, booleans and repeated fields', () => {
    const headers = { ...sound.headers, 'content-type': 'application/x-www-form-urlencoded' }
    expect(problems({ ...sound, headers, body: 'to=anna&copies=2&urgent=true' })).toEqual([])
    expect(problems({ ...sound, headers, body: 'to=anna&copies=10' })).toHaveLength(1)
    expect(problems({ ...sound, headers, body: 'to=anna&to=bob' })).toHaveLength(1)
    expect(problems({ ...sound, headers, body: 'to=anna&copies=many' })).toHaveLength(1)
  })

  const faults: readonly (readonly [string, Partial<HttpRequest>])[] = [
    ['the method', { method: 'PUT' }],
    ['the path', { url: 'https://api.example.org/v2/boxes/b1/letters' }],
    ['a path parameter', { url: 'https://api.example.org/v1/boxes/a1/letters' }],
    ['a query parameter', { url: `${sound.url}x` }],
    ['a query parameter that nobody knows', { url: `${sound.url}&wet=1` }],
    ['a header', { headers: { ...sound.headers, 'x-key': '1' } }],
    ['the content type', { headers: { ...sound.headers, 'content-type': 'text/plain' } }],
    ['the credentials', { headers: { ...sound.headers, authorization: 'Basic x' } }],
    ['a required member', { body: '{}' }],
    ['the type of a member', { body: '{"to":1}' }],
    ['a member that nobody knows', { body: '{"to":"anna","form":"x"}' }],
    ['a deep member that nobody knows', { body: '{"to":"anna","parts":[{"txet":"hi"}]}' }],
    ['the JSON', { body: '{' }],
  ]
  test.each(faults)('is refused for %s', (_, part) => {
    expect(problems({ ...sound, ...part })).toHaveLength(1)
  })

  test('without a required header is refused', () => {
    const { 'x-key': _, ...headers } = sound.headers ?? {}
    expect(problems({ ...sound, headers })).toHaveLength(1)
  })
})

describe('a Swagger 2.0 document', () => {
  const swagger = {
    swagger: '2.0',
    host: 'chat.example.org',
    basePath: '/api',
    paths: {
      '/post': {
        post: {
          consumes: ['application/x-www-form-urlencoded'],
          parameters: [{ in: 'formData', name: 'channel', required: true, type: 'string' }],
        },
      },
      '/mail': {
        post: {
          consumes: ['application/json'],
          parameters: [{ in: 'body', name: 'x', schema: { $ref: '#/definitions/Mail' } }],
        },
      },
    },
    definitions: { Mail: { type: 'object', properties: { to: { type: 'string' } } } },
  }
  const json = { 'content-type': 'application/json' }
  const post = { method: 'POST', url: 'https://chat.example.org/api/post' } as const

  test('has bodies', () => {
    const { problems } = readDocument(swagger)
    const url = 'https://chat.example.org/api/mail'
    expect(problems({ ...post, url, headers: json, body: '{"to":"a"}' })).toEqual([])
    expect(problems({ ...post, url, headers: json, body: '{"to":1}' })).toHaveLength(1)
  })

  test('has forms, and JSON in their place only when it is said', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const strict = readDocument(swagger)
    expect(strict.problems({ ...post, headers, body: 'channel=c' })).toEqual([])
    expect(strict.problems({ ...post, headers, body: 'text=c' })).toHaveLength(2)
    const request = { ...post, headers: json, body: '{"channel":"c"}' }
    expect(strict.problems(request)).toHaveLength(1)
    expect(readDocument(swagger, { jsonForForm: true }).problems(request)).toEqual([])
  })
})

describe('an amendment', () => {
  const request = { ...sound, body: '{"to":"anna","ref":"1"}' }

  test('changes the document', () => {
    const place = '/components/schemas/Letter/properties/ref'
    const { problems } = readDocument(modern, { amendments: { [place]: { type: 'string' } } })
    expect(problems(request)).toEqual([])
  })

  test('of a place that is not there is refused', () => {
    const amendments = { '/components/schemas/Letter/properties/ref': undefined }
    expect(() => readDocument(modern, { amendments })).toThrow('not in the document')
  })

  test('may name single members', () => {
    expect(readDocument(modern, { alsoNamed: ['/ref'] }).problems(request)).toEqual([])
  })
})

test('a value is held to any schema of the document', () => {
  const { valueProblems } = readDocument(modern)
  expect(valueProblems('/components/schemas/Letter', { to: 'x', parts: [{}] })).toEqual([])
  expect(valueProblems('/components/schemas/Letter', { parts: [{ a: 1 }] })).toHaveLength(2)
})

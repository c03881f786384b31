/** Recorded calls of the inbound hook, one for each scheme: for the conformance suite and the reference page. */
import { createHmac } from 'node:crypto'
import type { SourceHookExample } from '../source.ts'
import { standardSignature } from '../verify-standard-signature.ts'
import type { InboundSecrets, InboundSettings } from './settings.ts'
import { instant } from '@carillon/domain/clock'

type Example = SourceHookExample<InboundSettings, InboundSecrets>

const now = instant(Date.UTC(2026, 10, 22, 10))
const secret = 'whsec_0123456789abcdef0123456789abcdef0123456789abcdef'
const body =
  '{"id":"e1","event":"order.paid","at":"2026-11-22T09:59:00Z","order":{"id":42,"total":12.5}}'
const map: InboundSettings['map'] = {
  type: '$.event',
  id: '$.id',
  subject: 'order {{ item.order.id }}',
  time: '$.at',
  data: '$.order',
}

const hmac = (text: string, algorithm = 'sha256') => createHmac(algorithm, secret).update(text)

const paid = {
  id: 'e1',
  type: 'order.paid',
  subject: 'order 42',
  time: instant(Date.UTC(2026, 10, 22, 9, 59)),
  data: { id: 42, total: 12.5 },
}

/** RFC 8037 A.4's key, and a detached signature over `body` with it. */
const publicKey = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'

export const inboundExamples: readonly Example[] = [
  {
    name: 'Standard Webhooks: an order is paid',
    settings: { auth: { scheme: 'standard-webhooks' }, map },
    secrets: { secret },
    now,
    request: {
      headers: standardSignature(Buffer.from(body), {
        secret,
        prefix: 'webhook',
        id: 'msg_1',
        now,
      }),
      body,
    },
    answer: { ok: true, events: [paid] },
  },
  {
    name: 'GitHub: signed with HMAC, named by its delivery id',
    settings: {
      auth: { scheme: 'hmac', header: 'X-Hub-Signature-256', prefix: 'sha256=' },
      map: { type: 'github.push', data: { ref: '$.ref' } },
      deliveryIdHeader: 'X-GitHub-Delivery',
    },
    secrets: { secret },
    request: {
      headers: {
        'x-hub-signature-256': `sha256=${hmac('{"ref":"refs/heads/main"}').digest('hex')}`,
        'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      },
      body: '{"ref":"refs/heads/main"}',
    },
    answer: {
      ok: true,
      events: [
        {
          id: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
          type: 'github.push',
          data: { ref: 'refs/heads/main' },
        },
      ],
    },
  },
  {
    name: 'Slack: time and body are signed',
    settings: {
      auth: {
        scheme: 'hmac',
        header: 'x-slack-signature',
        prefix: 'v0=',
        signed: 'v0:{timestamp}:{body}',
        timestampHeader: 'x-slack-request-timestamp',
      },
      map: { type: 'slack.event' },
    },
    secrets: { secret },
    now,
    request: {
      headers: {
        'x-slack-signature': `v0=${hmac(`v0:${now / 1_000}:{"ok":true}`).digest('hex')}`,
        'x-slack-request-timestamp': String(now / 1_000),
      },
      body: '{"ok":true}',
    },
    answer: { ok: true, events: [{ type: 'slack.event', data: { ok: true } }] },
  },
  {
    name: 'a list of items, one of which can not be mapped',
    settings: {
      auth: { scheme: 'token', in: 'query', name: 'token' },
      map: { type: 'sensor.{{ item.kind }}', id: '$.n', data: '$' },
      items: '$.readings',
    },
    secrets: { secret },
    request: {
      url: `https://carillon.example.org/hooks/int_01k6wq3z5h7n9b2d4f6g8j0m1p?token=${secret}`,
      body: '{"readings":[{"n":1,"kind":"heat"},{"kind":"damp"}]}',
    },
    answer: {
      ok: true,
      events: [{ id: '1', type: 'sensor.heat', data: { n: 1, kind: 'heat' } }],
      unreadable: [{ reason: 'id: "$.n" finds no text' }],
    },
  },
  {
    name: 'a form behind basic authentication',
    settings: {
      auth: { scheme: 'basic', user: 'scale' },
      map: { type: 'weighed', id: '$.id', data: { grams: '$.grams' } },
    },
    secrets: { secret },
    request: {
      headers: {
        authorization: `Basic ${Buffer.from(`scale:${secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'id=7&grams=120',
    },
    answer: { ok: true, events: [{ id: '7', type: 'weighed', data: { grams: '120' } }] },
  },
  {
    name: 'no JSON: kept for people to look at',
    settings: { auth: { scheme: 'token', in: 'header', name: 'X-Token' }, map: { type: 'x' } },
    secrets: { secret },
    request: { headers: { 'x-token': secret }, body: '<html>' },
    answer: { ok: true, events: [], unreadable: [{ reason: 'the body is no JSON' }] },
  },
  {
    name: 'a JWS by another key is refused',
    settings: {
      auth: { scheme: 'jws', header: 'x-jws-signature', algorithms: ['EdDSA'], publicKey },
      map: { type: 'x' },
    },
    secrets: {},
    request: {
      headers: { 'x-jws-signature': 'eyJhbGciOiJFZERTQSJ9..AAAA' },
      body: '{}',
    },
    answer: { ok: false, reason: 'unauthenticated' },
  },
]

/** Recorded looks and calls for the conformance suite. The signatures are by a key made for these examples; its private half was thrown away. */
import type { SourceHookExample } from '../source.ts'
import type { TrackerExample } from '../tracker.ts'
import type { UniversignSecrets, UniversignSettings } from './settings.ts'

const secrets = { apiKey: 'universign-key-of-the-examples' }
const base = 'https://api.universign.com/v1'

const publicKeys = {
  keys: [
    {
      kty: 'RSA',
      kid: 'scd_example1',
      use: 'sig',
      e: 'AQAB',
      n: 'tNeEPxJeqnGPIqrJrkXHZfsBS7hiNzXPblDJuhO1qZeXQQ2gtAva0I1VkkPdTzYQcFfk8BVrxa7245Ti51moqGsvUbVlbx8AB8bc4PjTxrEgIruvuCoxGs0RE6SCOsvIYbdpbHikab2q_F1jH5PVBzB3yQwdXLU2MIqbzXBmVOOJlNUJKJw5gPyukExT4zqGR_uXRnlONNh1pl-TkeYgVxkDOkO4K0uqoTvCnHTi_TsZbbWjH7IRrvYeggt__Gjv8XLDZQlMKfze_nqZ9BKG53KCGh25i2TNRBVM1Ri5S2PP2j8Phzbz7HieA7mrH2UzvGw6wncKX5n3P8FdA4Kd7Q',
    },
  ],
}

const signed = (body: string, signature: string) => ({
  headers: {
    'content-type': 'application/json',
    'x-jws-signature': `eyJhbGciOiJQUzI1NiIsImtpZCI6InNjZF9leGFtcGxlMSJ9..${signature}`,
  },
  body,
})

type Hook = SourceHookExample<UniversignSettings, UniversignSecrets>
type Look = TrackerExample<UniversignSettings, UniversignSecrets>

export const universignHookExamples: readonly Hook[] = [
  {
    name: 'a transaction is completed',
    settings: {},
    secrets,
    publicKeys,
    request: signed(
      '{"object":"event","id":"evt_1","type":"transaction.lifecycle.completed","createdAt":1790000000.12,"payload":{"object":{"object":"transaction","id":"tx_1","state":"completed","participants":[],"metadata":{}}}}',
      'LKpCJhHWb_N-sDy_QfJWHHGzuDLmrzSsSBYQzUTuXGsFG78XlWhUj5wFKkjZhxE5AG3FwIpVZhx5oEV3ku2UJDD1mJqOpXHxwBZHnczYkxbN6GMWAEJL-3jY3K3tIGSq6bqaDijgoHkJ7gGpP2YZJS51UpSsDLDHtrMFbE5QrFTv1GyGv60_Lvth4v1-5k2X0oNKDnOZ2Ut-3_k3Q5No6MVaDgWPkrQS4Tp2ven5d2DPXTvUZ6zfk9cLYAy2WhukBv96SufO2HIK3_eLODpeASJqV9Cll4aHr4_TUjGssEbj2vcPAbnSe4RU0xxELZZeHgcqocPcJp1FYxZNfUT6zg',
    ),
    answer: {
      ok: true,
      hints: [{ key: 'tx_1', type: 'transaction.lifecycle.completed', id: 'evt_1' }],
    },
  },
  {
    name: 'somebody refuses to sign',
    settings: {},
    secrets,
    publicKeys,
    request: signed(
      '{"object":"event","id":"evt_2","type":"action.stalled","createdAt":1790000000,"payload":{"object":{"participant_email":"anna@example.org","action_id":"act_1","transaction_id":"tx_1","stalled_reason":"signature_refusal"}}}',
      'JH1qihXyfRLHe-mLdRPeRzjisro1g8xPeiEJhgSNGMphiLCNi0EsatAeLv7cI53WVrpj6Gd2lv_6O2QAZpHch6dAB0BxTYzd6D2NdCKjvo1m99bikMPVD3tT20Ox5EnOvAdqB3V1lXbl9cAue1-k-UN67YnthGNjtrezMCITOd6j_2EAQEK1s5GN3ifw4GuxJBJAAcaKyHAFg4k0PPFfZzLzUEhKRBcbDLC4inzzpM_7YQaqV0CtutLchTq30L6A_DUUylhZeT7ZzBcwZ9kAksQttDPtNabjNrkDYc8AvZnk_s5tD_RRppLWBJi7uwiiK6kPDo9NvWYsLVPqBwzK1Q',
    ),
    answer: {
      ok: true,
      hints: [
        {
          key: 'tx_1',
          type: 'action.stalled',
          id: 'evt_2',
          data: {
            refusal: {
              reason: 'signature_refusal',
              participant: 'anna@example.org',
              at: '2026-09-21T14:13:20.000Z',
            },
          },
        },
      ],
    },
  },
  {
    name: 'an event about no transaction is taken and sets nothing off',
    settings: {},
    secrets,
    publicKeys,
    request: signed(
      '{"object":"event","id":"evt_3","type":"apikey.created","createdAt":1790000000,"payload":{"object":{"object":"apikey","id":"key_1"}}}',
      'Dt6kIGpCm9gACBjz9x6jLlx2JT4FhgrRfGfLPC3iYChNR62kNOMz4wEm6waIBGr-3egav1Q5v4BiOkLedTBz0soLZu7ZdQlIrwoerDOMjl5ETTIXXVwNshnw2gE7zgKgcF3QpyumvAos-UUpeBTLWMaU5fpYbJrfrZH6OYTXFyhDT1SNoFOkuNrsTmEaLnho2Xqk_EmR4ggaJwSP8rvXoQaxxxrNWDssfxEXP1fo-esiJu6vdh3bB6HOxp5u1MZvYJnQ-bKKvnQ5jpXE6ukHMtZ9TNs4-92ane6BMbouQaTdfd87cTHgac-oTNLjSFwnVWsr0FwNv3L21dwYGLq55A',
    ),
    answer: { ok: true, hints: [] },
  },
  {
    name: 'the public keys can not be had',
    settings: {},
    secrets,
    request: signed(
      '{"object":"event","id":"evt_1","type":"transaction.lifecycle.completed","createdAt":1790000000.12,"payload":{"object":{"object":"transaction","id":"tx_1","state":"completed","participants":[],"metadata":{}}}}',
      'LKpCJhHWb_N-sDy_QfJWHHGzuDLmrzSsSBYQzUTuXGsFG78XlWhUj5wFKkjZhxE5AG3FwIpVZhx5oEV3ku2UJDD1mJqOpXHxwBZHnczYkxbN6GMWAEJL-3jY3K3tIGSq6bqaDijgoHkJ7gGpP2YZJS51UpSsDLDHtrMFbE5QrFTv1GyGv60_Lvth4v1-5k2X0oNKDnOZ2Ut-3_k3Q5No6MVaDgWPkrQS4Tp2ven5d2DPXTvUZ6zfk9cLYAy2WhukBv96SufO2HIK3_eLODpeASJqV9Cll4aHr4_TUjGssEbj2vcPAbnSe4RU0xxELZZeHgcqocPcJp1FYxZNfUT6zg',
    ),
    answer: { ok: false, reason: 'unavailable' },
  },
  {
    name: 'an older call, where the settings allow it',
    settings: { hooks: 'token' },
    secrets: { ...secrets, hookToken: 'hook-token-of-the-examples' },
    request: {
      url: 'https://carillon.example.org/hooks/int_1?token=hook-token-of-the-examples',
      body: '{"event":"transaction.completed","transaction_id":"tr_abc123"}',
    },
    answer: { ok: true, hints: [{ key: 'tr_abc123', type: 'transaction.completed' }] },
  },
]

const vendorBody = JSON.stringify({
  object: 'transaction',
  id: 'tx_1',
  name: 'Quote DE00012',
  state: 'started',
  stalled: false,
  participants: [{ email: 'anna@example.org', full_name: 'Anna Rossi' }],
  documents: [{ id: 'doc_1', name: 'quote.pdf' }],
})
const olderBody = JSON.stringify({
  id: 'tr_abc123',
  state: 'completed',
  signers: [
    {
      name: 'Anna Rossi',
      email: 'anna@example.org',
      status: 'signed',
      signed_at: '2026-09-21T14:13:20Z',
      url: 'https://sign.example.org/1',
    },
  ],
  documents: [{ name: 'quote.pdf', url: 'https://docs.example.org/1' }],
})

export const universignExamples: readonly Look[] = [
  {
    name: 'a started transaction, as the vendor describes it',
    settings: {},
    secrets,
    remoteId: 'tx_1',
    request: { method: 'GET', url: `${base}/transactions/tx_1` },
    reply: { status: 200, body: vendorBody },
    result: {
      kind: 'item',
      item: {
        remoteState: 'started',
        isStalled: false,
        participants: [{ name: 'Anna Rossi', email: 'anna@example.org', status: 'waiting' }],
        documents: [{ id: 'doc_1', name: 'quote.pdf' }],
      },
    },
  },
  {
    name: 'a completed transaction in the older dialect',
    settings: {},
    secrets,
    remoteId: 'tr_abc123',
    reply: { status: 200, body: olderBody },
    result: {
      kind: 'item',
      item: {
        remoteState: 'completed',
        participants: [
          { status: 'signed', url: 'https://sign.example.org/1', signedAt: 1_790_000_000_000 },
        ],
        documents: [{ id: '1', url: 'https://docs.example.org/1' }],
      },
    },
  },
  {
    name: 'a transaction that is not there',
    settings: {},
    secrets,
    remoteId: 'tx_2',
    reply: { status: 404 },
    result: { kind: 'unknown' },
  },
  {
    name: 'a key that is not valid',
    settings: {},
    secrets,
    remoteId: 'tx_1',
    reply: { status: 401 },
    result: { kind: 'stop' },
  },
  {
    name: 'too many requests',
    settings: {},
    secrets,
    remoteId: 'tx_1',
    reply: { status: 429, headers: { 'retry-after': '7' } },
    result: { kind: 'retry', afterMs: 7_000 },
  },
  {
    name: 'a gateway that is down',
    settings: {},
    secrets,
    remoteId: 'tx_1',
    reply: { status: 502, body: '<html>' },
    result: { kind: 'retry' },
  },
]

import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { sharedVectors } from '@carillon/testkit/shared-vectors'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { whatsappHookExamples } from './hook-examples.ts'
import { hubSignature } from './hub-signature.ts'

const text = Type.String()
const vectors = sharedVectors(
  'provider-callback-signatures.json',
  Type.Object({ github_and_meta: Type.Object({ secret: text, body: text, value: text }) }),
  { github_and_meta: { secret: '', body: '', value: '' } },
)

describe.skipIf(!vectors.isThere)(`the public vector${vectors.leftOut}`, () => {
  test('is what we compute', () => {
    const { secret, body, value } = vectors.value.github_and_meta
    expect(hubSignature(secret, Buffer.from(body))).toBe(value)
  })
})

const document = vendorDocument('meta_whatsapp_messages.json', {
  amendments: {
    // Not in the document's statuses; echoed there by [PYW].
    '/components/schemas/Statuses/properties/biz_opaque_callback_data': { type: 'string' },
    // The document knows messages and groups, not the other fields that an app may subscribe to.
    '/components/schemas/Change/properties/field/enum/4': 'account_update',
    '/components/schemas/Change/properties/value/oneOf/4': {
      type: 'object',
      required: ['event'],
      properties: { event: { type: 'string' } },
    },
  },
})

describe.skipIf(!document.isThere)(
  `recorded calls against Meta's document${document.leftOut}`,
  () => {
    // What people write to us is left out: the document does not allow its own example of it.
    const calls = whatsappHookExamples.filter(
      ({ request, answer }) => answer.ok && request.body?.includes('"statuses"') === true,
    )
    test.each(calls)('$name', ({ request }) => {
      const body: unknown = JSON.parse(request.body ?? '')
      expect(document.valueProblems('/components/schemas/WebhookPayload', body)).toEqual([])
    })
  },
)

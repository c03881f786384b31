/** Signal's own traits: sentences instead of codes, groups beside numbers, requests as the document has them. */
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { sendOnce, verifyOnce } from '../try-connector.ts'
import { connector } from './signal.ts'

const given = {
  settings: { baseUrl: 'http://signal:8080/', number: '+390612345678' },
  secrets: {},
}
const message = { to: '+393331234567' }

test.each([
  ['Unregistered user "+39333"', 'recipient_rejected'],
  ['User +390612345678 is not registered.', 'integration_rejected'],
  ['captcha required', 'integration_rejected'],
  ['Rate limit', 'retry'],
  ['something else', 'message_rejected'],
])('the error %j is %s, and suppresses nobody', async (error, kind) => {
  const reply = httpAnswer(400, JSON.stringify({ error, account: '+390612345678' }))
  const { outcome } = await sendOnce(connector, { ...given, message, reply })
  expect(outcome.kind).toBe(kind)
  expect(outcome).not.toHaveProperty('suppress')
})

test('a 200 without a timestamp may have been sent', async () => {
  const { outcome } = await sendOnce(connector, { ...given, message, reply: httpAnswer(200, '{}') })
  expect(outcome.kind).toBe('unknown')
})

test.each(['group.T0pNd2ZLbWpUVTVhZw==', '+393331234567'])('%j is taken', (to) => {
  expect(connector.parseAddress(` ${to} `)).toEqual({ ok: true, address: to })
})

test.each(['group.', 'group.../x', 'anna', ''])('%j is refused', (to) => {
  expect(connector.parseAddress(to).ok).toBe(false)
})

describe('verify', () => {
  test('looks for the number among the registered ones', async () => {
    const reply = httpAnswer(200, '["+390612345678"]')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true })
    expect(requests).toMatchObject([{ url: 'http://signal:8080/v1/accounts' }])
  })

  test('says that it is not one of them', async () => {
    const { verification } = await verifyOnce(connector, { ...given, reply: httpAnswer(200, '[]') })
    expect(verification).toMatchObject({ ok: false })
  })
})

const document = vendorDocument('signal_send.json')

describe.skipIf(!document.isThere)(`requests against the document${document.leftOut}`, () => {
  test.each(connector.examples)('$name', async (example) => {
    const requests = await exampleRequests(connector, example)
    expect(requests.flatMap(document.problems)).toEqual([])
    expect(requests).toHaveLength(1)
  })
})

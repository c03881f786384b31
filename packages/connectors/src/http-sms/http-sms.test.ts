/** The gateway's own traits: its integer ids, its integer phone numbers, and a success that only code 0 is. */
import { expect, describe, test } from 'vitest'
import { httpAnswer } from '../conformance-peer.ts'
import { sendOnce } from '../try-connector.ts'
import { connector } from './http-sms.ts'
import { messageNumber } from './message-number.ts'

const given = {
  settings: { url: 'https://sms.example.org/v1/send/' },
  secrets: { token: 'test-token' },
}
const taken = httpAnswer(200, '{"code":0,"message":"OK"}')

describe('the message’s number', () => {
  test('is the same at every attempt and another one for another delivery', () => {
    expect(messageNumber('dlv_1')).toBe(messageNumber('dlv_1'))
    expect(messageNumber('dlv_1')).not.toBe(messageNumber('dlv_2'))
  })

  test('is a positive int64, and no two of 100,000 are equal', () => {
    const numbers = Array.from({ length: 100_000 }, (_, n) => messageNumber(`dlv_${n}`))
    const inRange = numbers.every((number) => BigInt(number) > 0n && BigInt(number) < 2n ** 63n)
    expect(inRange).toBe(true)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  test('is written in path and body in all its digits, beyond what JavaScript’s numbers hold', async () => {
    const deliveryId = 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p'
    const number = messageNumber(deliveryId)
    expect(Number.isSafeInteger(Number(number))).toBe(false)
    const message = { to: '+79001234567', deliveryId, content: { text: 'hi' } }
    const { requests } = await sendOnce(connector, { ...given, message, reply: taken })
    expect(requests).toMatchObject([
      {
        url: `https://sms.example.org/v1/send/${number}`,
        body: `{"id":${number},"phone":79001234567,"text":"hi"}`,
      },
    ])
  })
})

describe('a success', () => {
  test.each([
    ['{"code":0}', 200, 'accepted'],
    ['{"code":0}', 500, 'retry'],
    ['{"code":0}', 400, 'message_rejected'],
    ['{"code":"0"}', 200, 'unknown'],
    ['{"message":"OK"}', 200, 'unknown'],
    ['{"code":7}', 200, 'retry'],
  ])('%s with status %i is %s', async (body, status, kind) => {
    const message = { to: '+79001234567' }
    const { outcome } = await sendOnce(connector, {
      ...given,
      message,
      reply: httpAnswer(status, body),
    })
    expect(outcome.kind).toBe(kind)
  })
})

test.each([
  ['a number that is none', { to: 'anna' }, 'recipient_rejected'],
  ['an empty text', { to: '+79001234567', content: { text: ' \n' } }, 'message_rejected'],
])('%s is refused here, without an exchange', async (_, message, kind) => {
  const { outcome, requests } = await sendOnce(connector, { ...given, message, reply: taken })
  expect(outcome.kind).toBe(kind)
  expect(requests).toEqual([])
})

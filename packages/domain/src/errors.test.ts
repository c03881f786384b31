import { expect, test } from 'vitest'
import { AppError, appError, errorTable, type ErrorCode } from './errors.ts'

const codes = Object.keys(errorTable) as ErrorCode[]

test.each(codes)('%s has a status of an error, a title, and a remedy as a sentence', (code) => {
  expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
  const { status, title, remedy } = errorTable[code]
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(600)
  expect(title).toMatch(/^[A-Z].*[^.]$/)
  expect(remedy).toMatch(/^[A-Z].*\.$/)
})

test('no two codes say the same', () => {
  for (const field of ['title', 'remedy'] as const)
    expect(new Set(codes.map((code) => errorTable[code][field])).size).toBe(codes.length)
})

test('an error carries its code, its detail, and nothing where nothing was given', () => {
  const error = appError('not_found', { detail: 'There is no rule rul_1.' })
  expect(error).toBeInstanceOf(AppError)
  expect(error).toMatchObject({
    name: 'AppError',
    message: 'not_found: There is no rule rul_1.',
    code: 'not_found',
    detail: 'There is no rule rul_1.',
    errors: [],
    retryAfterSeconds: undefined,
  })
  expect('cause' in error).toBe(false)
})

test('an error carries the fields that are wrong, the wait, and what caused it', () => {
  const cause = new Error('disk full')
  const errors = [{ pointer: '/name', detail: 'Give a name.' }]
  expect(
    appError('unavailable', { detail: 'Later.', errors, retryAfterSeconds: 5, cause }),
  ).toMatchObject({ errors, retryAfterSeconds: 5, cause })
})

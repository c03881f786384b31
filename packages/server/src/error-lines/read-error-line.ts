/** A line of the log as it counts for the digest: what happened, to whom, and what makes two lines the same. */
import { createHash } from 'node:crypto'
import { parseId } from '@carillon/domain/ids'

export type ErrorLine = {
  /** UUID or slug of the tenant that the line names; undefined: none. */
  readonly tenant: string | undefined
  readonly fingerprint: string
  readonly message: string
  readonly detail: string | undefined
  /** The line itself, at most 4,000 characters of it. */
  readonly sample: string
  readonly atMs: number
}

const longestDetail = 500
const longestSample = 4_000

const textIn = (value: unknown, name: string): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const text: unknown = Reflect.get(value, name)
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** Ids of ours, UUIDs, long hex, numbers: what differs from one occurrence of an error to the next. */
const varying =
  /\b[a-z]{3}_[0-9a-z]{26}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{12,}\b|\d+/g

/** Reads a line that our log wrote; undefined when it is none of ours (no JSON, no sentence). */
export const readErrorLine = (line: string): ErrorLine | undefined => {
  const fields = parse(line)
  const message = textIn(fields, 'msg')
  const time = Date.parse(textIn(fields, 'time') ?? '')
  if (message === undefined || Number.isNaN(time)) return undefined
  const error: unknown =
    typeof fields === 'object' && fields !== null && 'err' in fields ? fields.err : undefined
  const kind = textIn(error, 'type') ?? ''
  const detail = (textIn(fields, 'reason') ?? textIn(error, 'message'))?.slice(0, longestDetail)
  const named = textIn(fields, 'tenant')
  const tenant = parseId('tenant', named ?? '') ?? named
  const same = [message, kind, detail ?? ''].map((part) => part.replaceAll(varying, '#'))
  return {
    tenant,
    fingerprint: createHash('sha256')
      .update(JSON.stringify([tenant, ...same]))
      .digest('hex')
      .slice(0, 32),
    message,
    detail,
    sample: line.trimEnd().slice(0, longestSample),
    atMs: time,
  }
}

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

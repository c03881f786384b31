/** The registrations that a function is tried out with: from a file, or those that a server has. */
import { Type } from 'typebox'
import { Check, Errors } from 'typebox/value'
import type { FunctionInput } from '../functions/run-function.ts'
import type { Io } from '../main.ts'
import { connectApi } from './connect-api.ts'
import { fetchList } from './fetch-list.ts'

export type GivenRegistrations = FunctionInput['registrations']

const fileSchema = Type.Array(
  Type.Object({
    id: Type.Optional(Type.String()),
    userId: Type.Optional(Type.String()),
    channel: Type.String({ minLength: 1 }),
    channelConfig: Type.String({ minLength: 1 }),
    language: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
)

type Read =
  | { readonly ok: true; readonly registrations: GivenRegistrations }
  | { readonly ok: false; readonly problem: string }

/** Reads the list of a file; what it leaves out is made up. */
export const readRegistrations = (json: unknown, newId: () => string): Read => {
  if (!Check(fileSchema, json)) {
    const [first] = [...Errors(fileSchema, json)]
    const where = first === undefined ? '' : ` (${first.instancePath} ${first.message})`
    return {
      ok: false,
      problem: `it must be a list of {"channel", "channelConfig", "userId"?, "language"?}${where}`,
    }
  }
  return {
    ok: true,
    registrations: json.map(({ id, userId, channel, channelConfig, language }, index) => ({
      id: id ?? newId(),
      userId: userId ?? `user-${index + 1}`,
      channel,
      channelConfig,
      ...(language === undefined || language === null ? {} : { language }),
    })),
  }
}

const registration = Type.Object({
  id: Type.String(),
  userId: Type.String(),
  channel: Type.String(),
  channelConfig: Type.String(),
  language: Type.Union([Type.String(), Type.Null()]),
})

/** A server calls a function with as many at once. */
const most = 1_000

/** The active ones that the server has, at most 1,000; undefined after `io.err` was told why they can't be had. */
export const fetchRegistrations = async (
  subscriptionId: string,
  tenant: string | undefined,
  io: Io,
): Promise<GivenRegistrations | undefined> => {
  await using api = await connectApi(io, { tenant })
  if (api === undefined) return undefined
  const path = `/subscriptions/${encodeURIComponent(subscriptionId)}/registrations`
  const wanted = { path, query: { enabled: 'true' }, item: registration, most }
  const answer = await fetchList(api, wanted)
  if (!answer.ok) {
    io.err(`carillon: the registrations of ${subscriptionId}: ${answer.failure.message}`)
    io.err(
      'carillon functions: make the subscription, or try it with --registrations file.json, a list of {"channel", "channelConfig"}',
    )
    return undefined
  }
  return answer.items.map(({ id, userId, channel, channelConfig, language }) => ({
    id,
    userId,
    channel,
    channelConfig,
    ...(language === null ? {} : { language }),
  }))
}

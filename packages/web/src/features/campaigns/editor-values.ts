/** A campaign as the editor's fields have it, from and to what the API takes. Pure; its words are `texts/`. */
import type { Campaign, CampaignBody, ForecastBody } from './queries.ts'

export type MailFormat = 'text' | 'html' | 'mjml'

/** Channels that may have words of their own. */
export const shortChannels = ['sms', 'whatsapp', 'telegram'] as const
export type ShortChannel = (typeof shortChannels)[number]

export type EditorValues = {
  readonly name: string
  readonly content: { readonly subject: string; readonly text: string; readonly html: string }
  readonly format: MailFormat
  readonly channels: Readonly<Record<ShortChannel, string>>
  /** Parts of channels that the editor does not show; they stay. */
  readonly hidden: CampaignBody['content']['channels']
  readonly starts: 'now' | 'at'
  readonly startsAt: string
  readonly endsAt: string
  readonly filter: {
    readonly tags: string[]
    readonly operators: string[]
    readonly timezones: string[]
    /** JSON. */
    readonly attributes: string
  }
  readonly hasHours: boolean
  readonly dailyWindow: { readonly from: string; readonly to: string }
  /** 1 (Monday) to 7, as text. */
  readonly weekdays: string[]
  readonly holidays: readonly string[]
  /** `email` (the channel's default) or `int_…`, in order; none: the default route. */
  readonly route: string[]
  readonly retryEvery: string
  readonly retryMax: number | string
  readonly rateN: number | string
  readonly ratePer: string
}

const dayMs = 86_400_000
const allWeekdays = ['1', '2', '3', '4', '5', '6', '7']

/** Of a new campaign: from now on for a day, in daytime. */
export const emptyValues = (nowMs: number): EditorValues => ({
  name: '',
  content: { subject: '', text: '', html: '' },
  format: 'text',
  channels: { sms: '', whatsapp: '', telegram: '' },
  hidden: undefined,
  starts: 'now',
  startsAt: '',
  endsAt: new Date(Math.ceil(nowMs / 3_600_000) * 3_600_000 + dayMs).toISOString(),
  filter: { tags: [], operators: [], timezones: [], attributes: '' },
  hasHours: true,
  dailyWindow: { from: '09:00', to: '20:00' },
  weekdays: allWeekdays,
  holidays: [],
  route: [],
  retryEvery: '',
  retryMax: '',
  rateN: '',
  ratePer: '1m',
})

/** Of one that is there. `isCopy`: for a new one like it, which starts anew. */
export const valuesOf = (
  campaign: Campaign,
  { nowMs, isCopy }: { readonly nowMs: number; readonly isCopy: boolean },
): EditorValues => {
  const empty = emptyValues(nowMs)
  const { content, filter, dailyWindow, route, retry, rate } = campaign
  const textOf = (channel: ShortChannel): string => content.channels?.[channel]?.text ?? ''
  return {
    ...empty,
    name: campaign.name,
    content: {
      subject: content.subject ?? '',
      text: content.text,
      html: content.mjml ?? content.html ?? '',
    },
    format: formatOf(content),
    channels: { sms: textOf('sms'), whatsapp: textOf('whatsapp'), telegram: textOf('telegram') },
    hidden: content.channels,
    ...(isCopy
      ? {}
      : { starts: 'at' as const, startsAt: campaign.startsAt, endsAt: campaign.endsAt }),
    filter: {
      tags: [...(filter.tags ?? [])],
      operators: [...(filter.operators ?? [])],
      timezones: [...(filter.timezones ?? [])],
      attributes: filter.attributes === undefined ? '' : JSON.stringify(filter.attributes, null, 2),
    },
    hasHours: dailyWindow !== null,
    dailyWindow: dailyWindow ?? empty.dailyWindow,
    weekdays: dailyWindow?.weekdays?.map(String) ?? allWeekdays,
    holidays: dailyWindow?.holidays ?? [],
    route: (route ?? []).flatMap((step) => step.channel ?? step.integration ?? []),
    retryEvery: retry?.every ?? '',
    retryMax: retry?.max ?? '',
    rateN: rate?.n ?? '',
    ratePer: rate?.per ?? '1m',
  }
}

const formatOf = ({ mjml, html }: Campaign['content']): MailFormat => {
  if (mjml !== undefined) return 'mjml'
  return html === undefined ? 'text' : 'html'
}

/** JSON that is not whole yet is undefined, and so is none. */
export const readJson = (text: string): unknown => {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Is there something that is no JSON? */
export const isBrokenJson = (text: string): boolean =>
  text.trim() !== '' && readJson(text) === undefined

/** As it is when it is said. */
type Given<Key extends keyof CampaignBody> = Exclude<CampaignBody[Key], undefined>

const contentOf = (values: EditorValues): CampaignBody['content'] => {
  const { content, format, channels, hidden = {} } = values
  const own = Object.fromEntries(
    shortChannels.flatMap((channel) =>
      channels[channel].trim() === ''
        ? []
        : [[channel, { ...hidden[channel], text: channels[channel] }] as const],
    ),
  )
  const others = Object.fromEntries(
    Object.entries(hidden).filter(([channel]) => !shortChannels.some((one) => one === channel)),
  )
  const all = { ...others, ...own }
  return {
    ...(content.subject.trim() === '' ? {} : { subject: content.subject }),
    text: content.text,
    ...(format === 'text' || content.html.trim() === '' ? {} : { [format]: content.html }),
    ...(Object.keys(all).length === 0 ? {} : { channels: all }),
  }
}

const filterOf = ({ filter }: EditorValues): NonNullable<CampaignBody['filter']> => {
  const attributes = readJson(filter.attributes)
  return {
    ...(filter.tags.length === 0 ? {} : { tags: filter.tags }),
    ...(filter.operators.length === 0 ? {} : { operators: filter.operators }),
    ...(filter.timezones.length === 0 ? {} : { timezones: filter.timezones }),
    ...(attributes === undefined ? {} : { attributes }),
  }
}

const windowOf = (values: EditorValues): Given<'dailyWindow'> => {
  const isEveryDay = values.weekdays.length === 0 || values.weekdays.length === allWeekdays.length
  if (!values.hasHours && isEveryDay) return null
  const hours = values.hasHours ? values.dailyWindow : { from: '00:00', to: '24:00' }
  return {
    from: hours.from,
    to: hours.to,
    ...(isEveryDay
      ? {}
      : { weekdays: values.weekdays.map(Number).toSorted((one, other) => one - other) }),
    ...(values.holidays.length === 0 ? {} : { holidays: values.holidays }),
  }
}

const routeOf = ({ route }: EditorValues): Given<'route'> =>
  route.length === 0
    ? null
    : route.map((step) => (step.startsWith('int_') ? { integration: step } : { channel: step }))

const retryOf = ({ retryEvery, retryMax }: EditorValues): Given<'retry'> =>
  retryEvery === '' && typeof retryMax !== 'number'
    ? null
    : {
        ...(retryEvery === '' ? {} : { every: retryEvery }),
        ...(typeof retryMax === 'number' ? { max: retryMax } : {}),
      }

const rateOf = ({ rateN, ratePer }: EditorValues): Given<'rate'> =>
  typeof rateN === 'number' && ratePer !== '' ? { n: rateN, per: ratePer } : null

const startOf = ({ starts, startsAt }: EditorValues): { readonly startsAt?: string } =>
  starts === 'at' && startsAt !== '' ? { startsAt } : {}

/** Everything is said, but for a start at once. */
type EditorBody = CampaignBody & {
  readonly filter: Given<'filter'>
  readonly dailyWindow: Given<'dailyWindow'>
  readonly route: Given<'route'>
  readonly retry: Given<'retry'>
  readonly rate: Given<'rate'>
}

/** What is sent to the API. */
export const bodyOf = (values: EditorValues): EditorBody => ({
  name: values.name,
  content: contentOf(values),
  ...startOf(values),
  endsAt: values.endsAt,
  filter: filterOf(values),
  dailyWindow: windowOf(values),
  route: routeOf(values),
  retry: retryOf(values),
  rate: rateOf(values),
})

/** What the forecast is asked with; undefined as long as there is no end. */
export const forecastOf = (values: EditorValues): ForecastBody | undefined =>
  values.endsAt === '' || isBrokenJson(values.filter.attributes)
    ? undefined
    : {
        ...startOf(values),
        endsAt: values.endsAt,
        filter: filterOf(values),
        dailyWindow: windowOf(values),
        route: routeOf(values),
        rate: rateOf(values),
      }

/** What of a campaign that runs may be sent: the rest is fixed. */
export const runningBodyOf = (
  values: EditorValues,
): Pick<EditorBody, 'name' | 'content' | 'endsAt' | 'dailyWindow' | 'retry'> => {
  const { name, content, endsAt, dailyWindow, retry } = bodyOf(values)
  return { name, content, endsAt, dailyWindow, retry }
}

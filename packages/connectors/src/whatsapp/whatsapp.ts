/**
 * Sends WhatsApp messages through Meta's Cloud API: free text, or the template of the settings. Facts: channels.md
 * section 2. What Meta's webhook says later: `read-status.ts`.
 */
import Type, { type Static } from 'typebox'
import type { Outcome } from '@carillon/domain/outcome'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { baseUrlOf, baseUrlProblems } from '../base-url.ts'
import { plainText, singleLine, truncate } from '../format.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest } from '../http-port.ts'
import { parsePhoneAddress } from '../phone-address.ts'
import { readJson } from '../read-json.ts'
import { whatsappExamples } from './examples.ts'
import { readWhatsappReply } from './read-reply.ts'
import { whatsappHookExamples } from './hook-examples.ts'
import { hubSignature, hubSignatureHeader } from './hub-signature.ts'
import { readWhatsappCall } from './read-status.ts'
import { whatsappSecrets, whatsappSettings } from './settings.ts'

type Settings = Static<typeof whatsappSettings>
type Secrets = Static<typeof whatsappSecrets>
type Context = SendContext<Settings, Secrets>
type Access = Pick<Context, 'settings' | 'secrets'>

/** Text bodies take 4,096 characters [META] [PYW]; the unit is not documented, UTF-16 is the stricter reading. */
const maxText = { n: 4_096, unit: 'utf16' } as const
/** The whole body of a template takes 1,024 [META]: no single parameter can be longer. */
const maxParameter = { n: 1_024, unit: 'utf16' } as const

const urlOf = ({ settings }: Access, path: string): string => {
  const base = baseUrlOf(settings.baseUrl, 'https://graph.facebook.com')
  return `${base}/${settings.apiVersion ?? 'v23.0'}/${settings.phoneNumberId}${path}`
}

const headersOf = ({ secrets }: Access) => ({
  authorization: `Bearer ${secrets.accessToken}`,
  accept: 'application/json',
})

type Part =
  | { readonly ok: true; readonly part: object }
  | { readonly ok: false; readonly reason: string }

const textPart = (message: OutboundMessage, settings: Settings): Part => {
  const body = truncate(plainText(message.content).trim(), maxText)
  if (body === '') return { ok: false, reason: 'the message is empty' }
  const preview = settings.previewUrl === undefined ? {} : { preview_url: settings.previewUrl }
  return { ok: true, part: { type: 'text', text: { body, ...preview } } }
}

/** † Line breaks, tabs and runs of spaces inside a parameter are refused by Meta: each becomes one space. */
const parameterText = (text: string): string =>
  truncate(singleLine(text).replaceAll(/\s+/g, ' '), maxParameter)

const templatePart = (
  template: NonNullable<Settings['template']>,
  render: Context['render'],
): Part => {
  const parameters: object[] = []
  for (const source of template.parameters ?? []) {
    const rendered = render(source, 'none')
    if (!rendered.ok) return { ok: false, reason: `template parameter: ${rendered.reason}` }
    parameters.push({ type: 'text', text: parameterText(rendered.text) })
  }
  const components = parameters.length === 0 ? {} : { components: [{ type: 'body', parameters }] }
  const { name, language } = template
  // `policy` is required by Meta's document although the live API does without (openapi/SOURCES.txt).
  const languagePart = { code: language, policy: 'deterministic' }
  return {
    ok: true,
    part: { type: 'template', template: { name, language: languagePart, ...components } },
  }
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const to = parsePhoneAddress(message.to)
  if (!to.ok) return { kind: 'recipient_rejected', reason: to.reason }
  const formatted =
    settings.template === undefined
      ? textPart(message, settings)
      : templatePart(settings.template, context.render)
  if (!formatted.ok) return { kind: 'message_rejected', reason: formatted.reason }
  const request: HttpRequest = {
    method: 'POST',
    url: urlOf(context, '/messages'),
    headers: { ...headersOf(context), 'content-type': 'application/json' },
    body: JSON.stringify({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: to.address.slice(1),
      ...formatted.part,
      // Echoed in the status webhooks: how a receipt finds its delivery [PYW].
      biz_opaque_callback_data: message.deliveryId,
    }),
  }
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: [secrets.accessToken, secrets.appSecret, secrets.verifyToken],
    read: (response) => readWhatsappReply(response, { now, attempt: message.attempt }),
  })
}

const phoneNumberReply = Type.Object({
  id: Type.String(),
  display_phone_number: Type.Optional(Type.String()),
  verified_name: Type.Optional(Type.String()),
})

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const { now, secrets } = context
  const request = { method: 'GET', url: urlOf(context, ''), headers: headersOf(context) } as const
  const reply = await context.http.request(request, context.signal)
  const number = reply.kind === 'response' ? readJson(phoneNumberReply, reply.body) : undefined
  if (number !== undefined) {
    const detail = [number.display_phone_number, number.verified_name].filter(Boolean).join(' ')
    const version = context.settings.apiVersion ?? 'v23.0'
    return { ok: true, version, ...(detail === '' ? {} : { detail }) }
  }
  const outcome = outcomeOfReply(reply, {
    now,
    secrets: [secrets.accessToken, secrets.appSecret, secrets.verifyToken],
    read: (response) => readWhatsappReply(response, { now, attempt: 1 }),
  })
  const error = outcome.kind === 'accepted' ? 'not an answer of the Graph API' : outcome.reason
  const detail = outcome.providerMessage
  return { ok: false, error, ...(detail === undefined ? {} : { detail }) }
}

export const connector = defineConnector({
  id: 'whatsapp',
  name: 'WhatsApp Cloud API',
  channel: 'whatsapp',
  docs: [
    'Sends WhatsApp messages through Meta’s Cloud API. You need a Meta app with a WhatsApp business account, the id of',
    'a registered phone number, and the token of a system user with the right whatsapp_business_messaging.',
    'Free text reaches a person only within 24 hours after that person wrote to you; for everything else name an',
    'approved template in the settings. To use both, make two integrations and let the route try the text first: a',
    'closed window passes on to the next step. Texts longer than 4,096 characters are cut. Meta has no idempotency key:',
    'after a timeout a message may arrive twice. See https://developers.facebook.com/docs/whatsapp/cloud-api.',
  ].join(' '),
  settings: whatsappSettings,
  secrets: whatsappSecrets,
  limits: {
    rates: [
      // 80 messages a second per number by default, raised to 1,000 by Meta itself [WTH].
      { scope: 'integration', n: 80, perMs: 1_000 },
      // One message in 6 s to one person, up to 45 at once borrowed from the future [WRL].
      { scope: 'recipient', n: 1, perMs: 6_000, burst: 45 },
    ],
    maxText,
  },
  check: baseUrlProblems,
  parseAddress: parsePhoneAddress,
  send,
  verify,
  receipts: {
    setUp:
      'In the Meta app, under WhatsApp > Configuration, enter the hook’s URL as callback URL and the verify token, and subscribe to the field `messages`; the app secret stands under App settings > Basic.',
    parse: (request, { secrets }) => readWhatsappCall(request, secrets),
    proof: { headers: [hubSignatureHeader], query: ['hub.verify_token'] },
    sign: ({ body }, { secrets }) => ({
      [hubSignatureHeader]: hubSignature(secrets.appSecret ?? '', body),
    }),
    examples: whatsappHookExamples,
  },
  examples: whatsappExamples,
})

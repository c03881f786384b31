/** The settings and secrets of a Twilio integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { baseUrlSetting } from '../base-url.ts'

/** Where Twilio's API is. */
export const twilioApi = 'https://api.twilio.com'

export const twilioSettings = Type.Object(
  {
    accountSid: Type.String({
      title: 'Account SID',
      description: 'The account’s id from the Twilio console; begins with AC.',
      // It stands in the path and before the colon of basic authentication.
      pattern: '^AC[A-Za-z0-9_-]{1,64}$',
    }),
    from: Type.Optional(
      Type.String({
        title: 'From',
        description:
          'The sending number (+393331234567), short code, or alphanumeric sender of at most 11 characters.',
        pattern: '^(\\+[1-9][0-9]{1,14}|[0-9]{3,8}|[A-Za-z0-9 &+_-]{1,11})$',
      }),
    ),
    messagingServiceSid: Type.Optional(
      Type.String({
        title: 'Messaging service SID',
        description: 'Let this messaging service choose the sender; begins with MG.',
        pattern: '^MG[A-Za-z0-9_-]{1,64}$',
      }),
    ),
    maxSegments: Type.Optional(
      Type.Integer({
        title: 'Longest message in segments',
        description:
          'Longer texts are cut. A segment is what a carrier charges for: 160 characters of the GSM alphabet or 70 of any other (153 and 67 when there are several). Without it a text is cut at 1,600 characters.',
        minimum: 1,
        maximum: 10,
      }),
    ),
    baseUrl: baseUrlSetting(twilioApi),
  },
  { additionalProperties: false },
)

export const twilioSecrets = Type.Object(
  {
    authToken: Type.String({
      title: 'Auth token',
      description:
        'The account’s auth token: it sends, and it proves that status callbacks are Twilio’s.',
      pattern: '^[\\x21-\\x7e]{1,256}$',
    }),
  },
  { additionalProperties: false },
)

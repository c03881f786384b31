/** The settings and secrets of a mailbox. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { DurationText } from '@carillon/domain/duration'

/** No control characters: these values stand in commands. */
const oneLine = '^[^\\u0000-\\u001F\\u007F]+$'

/** Bounds of `maxMessageBytes`, in bytes; the upper one is the mail parser's. */
export const messageBytes = { least: 100_000, most: 50_000_000, usual: 40_000_000 } as const

const trust = Type.Object(
  {
    ca: Type.Optional(
      Type.String({
        title: 'Authorities',
        description:
          'Certificates of the authorities that vouch for the providers, as PEM, one after the other. Together with those of CARILLON_PEC_CA_FILE.',
        pattern: '-----BEGIN CERTIFICATE-----',
        maxLength: 200_000,
      }),
    ),
    providers: Type.Optional(
      Type.Array(
        Type.String({
          title: 'Domain',
          pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$',
          maxLength: 253,
        }),
        {
          title: 'Providers',
          description:
            'Domains whose addresses may sign, such as pec.aruba.it, with what is below them. Absent: all that the authorities vouch for.',
          maxItems: 200,
        },
      ),
    ),
  },
  {
    title: 'Trust',
    description: 'Whose signatures count. Without authorities no signature is believed.',
    additionalProperties: false,
  },
)

export const imapSettings = Type.Object(
  {
    host: Type.String({
      title: 'Host',
      description: 'Name of the mail server, such as imaps.pec.aruba.it.',
      pattern: '^[A-Za-z0-9._:-]+$',
      maxLength: 253,
    }),
    port: Type.Integer({
      title: 'Port',
      description: 'Usually 993 with tls, 143 with starttls.',
      minimum: 1,
      maximum: 65_535,
    }),
    security: Type.Union([Type.Literal('tls'), Type.Literal('starttls'), Type.Literal('none')], {
      title: 'Security',
      description:
        'tls encrypts from the first byte; starttls upgrades before anything is said, or does not connect; none is for servers in the same network.',
    }),
    user: Type.String({
      title: 'User',
      description: 'Often the address; some providers give a name of its own.',
      pattern: oneLine,
      maxLength: 320,
    }),
    address: Type.String({
      title: 'Address',
      description:
        'The mailbox’s own address: it names the events’ source, and tells sent mail from received.',
      pattern: '^[^\\s@]+@[^\\s@]+$',
      maxLength: 320,
    }),
    folders: Type.Optional(
      Type.Array(Type.String({ title: 'Folder', pattern: oneLine, maxLength: 500 }), {
        title: 'Folders',
        description:
          'Full names of the folders to read. Absent: INBOX. The first is the one that is listened to; the others are asked after.',
        minItems: 1,
        maxItems: 20,
        uniqueItems: true,
      }),
    ),
    pec: Type.Optional(
      Type.Boolean({
        title: 'Certified mail',
        description:
          'Check the signatures of certified mail, and let receipts move the deliveries that they are about. Absent: true. With false nothing is checked or believed.',
      }),
    ),
    since: Type.Optional(
      Type.Union(
        [
          Type.Literal('all'),
          Type.Literal('new'),
          Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' }),
        ],
        {
          title: 'Since',
          description:
            'What of a folder that is read for the first time becomes events: all, new (what comes from then on), or what came on a day such as 2026-11-01 or later. Absent: all.',
        },
      ),
    ),
    pollEvery: Type.Optional({
      ...DurationText,
      title: 'Ask every',
      description:
        'How often folders are asked after that are not listened to, and all of them where the server can’t tell by itself: 30s to 25m. Absent: 2m.',
    }),
    maxMessageBytes: Type.Optional(
      Type.Integer({
        title: 'Largest message',
        description: `In bytes. Of a larger one the beginning is read. Absent: ${messageBytes.usual}.`,
        minimum: messageBytes.least,
        maximum: messageBytes.most,
      }),
    ),
    trust: Type.Optional(trust),
  },
  { additionalProperties: false },
)

export const imapSecrets = Type.Object(
  {
    password: Type.String({
      title: 'Password',
      description:
        'Of the user; with two-step login the password that the provider makes for mail programs.',
      pattern: oneLine,
      minLength: 1,
      maxLength: 1_000,
    }),
  },
  { additionalProperties: false },
)

/** The settings and secrets of an SMTP integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'

/** No control characters: these values stand in SMTP commands or headers. */
const oneLine = '^[^\\u0000-\\u001F\\u007F]+$'

const address = (description: string) =>
  Type.String({ title: 'Address', description, pattern: oneLine, maxLength: 320 })

const displayName = Type.Optional(
  Type.String({
    title: 'Name',
    description: 'The name that is shown with the address.',
    pattern: oneLine,
    maxLength: 200,
  }),
)

export const smtpSettings = Type.Object(
  {
    host: Type.String({
      title: 'Host',
      description: 'Name of the mail server, such as smtp.example.org.',
      pattern: '^[A-Za-z0-9._:-]+$',
      maxLength: 253,
    }),
    port: Type.Integer({
      title: 'Port',
      description: 'Usually 465 with tls, 587 with starttls, 25 inside a network.',
      minimum: 1,
      maximum: 65_535,
    }),
    security: Type.Union([Type.Literal('tls'), Type.Literal('starttls'), Type.Literal('none')], {
      title: 'Security',
      description:
        'tls encrypts from the first byte; starttls upgrades before anything is said, or does not send; none is for relays in the same network.',
    }),
    user: Type.Optional(
      Type.String({
        title: 'User',
        description: 'Leave it out for a server that asks for none.',
        pattern: oneLine,
        maxLength: 320,
      }),
    ),
    from: Type.Object(
      { name: displayName, address: address('The address that the mails come from.') },
      {
        title: 'From',
        description: 'The sender that people see.',
        additionalProperties: false,
      },
    ),
    replyTo: Type.Optional(
      Type.Object(
        { name: displayName, address: address('The address that answers go to.') },
        {
          title: 'Reply to',
          description: 'Where answers go, when not to the sender.',
          additionalProperties: false,
        },
      ),
    ),
    dkim: Type.Optional(
      Type.Object(
        {
          domain: Type.String({
            title: 'Domain',
            description: 'The signing domain, usually that of the sender’s address.',
            pattern: '^[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]$',
            maxLength: 253,
          }),
          selector: Type.String({
            title: 'Selector',
            description: 'The public key stands in DNS at <selector>._domainkey.<domain>.',
            pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$',
            maxLength: 63,
          }),
        },
        {
          title: 'DKIM',
          description: 'Sign the mails, for servers that do not sign by themselves.',
          additionalProperties: false,
        },
      ),
    ),
  },
  { additionalProperties: false },
)

export const smtpSecrets = Type.Object(
  {
    password: Type.Optional(
      Type.String({
        title: 'Password',
        description: 'The password of the user.',
        minLength: 1,
        maxLength: 1_000,
      }),
    ),
    dkimPrivateKey: Type.Optional(
      Type.String({
        title: 'DKIM private key',
        description: 'An RSA key in PEM, beginning with -----BEGIN.',
        pattern: '^\\s*-----BEGIN [A-Z ]*PRIVATE KEY-----',
        maxLength: 20_000,
      }),
    ),
  },
  { additionalProperties: false },
)

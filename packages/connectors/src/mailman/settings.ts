/** The fields of a Mailman integration. Their schemas drive validation, the form and the reference page. */
import Type, { type Static } from 'typebox'
import { baseUrlSetting } from '../base-url.ts'

/** Where Mailman Core listens unless its [webservice] section says otherwise. */
export const mailmanApi = 'http://127.0.0.1:8001'

export const mailmanSettings = Type.Object(
  {
    user: Type.String({
      title: 'User',
      description: 'admin_user of the [webservice] section in mailman.cfg, usually restadmin.',
      pattern: '^[!-9;-~]{1,200}$',
    }),
    baseUrl: baseUrlSetting(mailmanApi),
  },
  { additionalProperties: false },
)

export const mailmanSecrets = Type.Object(
  {
    password: Type.String({
      title: 'Password',
      description: 'admin_pass of the [webservice] section in mailman.cfg.',
      pattern: '^[ -~]+$',
      minLength: 1,
      maxLength: 1_000,
    }),
  },
  { additionalProperties: false },
)

export type MailmanSettings = Static<typeof mailmanSettings>
export type MailmanSecrets = Static<typeof mailmanSecrets>

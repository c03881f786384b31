/** Requests and answers of signing in. Unknown fields are refused, and the token of a session is in its cookie only. */
import { Type } from 'typebox'
import { longestPassword, shortestPassword } from './sign-in-settings.ts'

export const email = Type.String({ format: 'email', maxLength: 254 })
/** A password that is asked for: any, so that its length tells nothing. */
const givenPassword = Type.String({ minLength: 1, maxLength: longestPassword })
export const newPassword = Type.String({
  minLength: shortestPassword,
  maxLength: longestPassword,
  description: `${shortestPassword} to ${longestPassword} characters, of any kind.`,
})
const code = Type.String({ pattern: '^\\d{6}$', description: 'Six digits of the authenticator.' })
const trustDevice = Type.Optional(
  Type.Boolean({ description: 'This browser is asked for no code for 30 days.' }),
)
/** A path of ours, so that nobody is sent elsewhere after signing in. */
const ownPath = Type.Optional(
  Type.String({
    maxLength: 400,
    pattern: '^/(?![/\\\\])[\\x21-\\x7e]*$',
    description: 'A path of this server, such as /campaigns; default /.',
  }),
)

export const signInBody = Type.Object({
  email,
  password: givenPassword,
  rememberMe: Type.Optional(
    Type.Boolean({ description: 'False: the session ends with the browser, or after a day.' }),
  ),
})
export const providerBody = Type.Object({
  provider: Type.Enum(['oidc', 'google']),
  callbackPath: ownPath,
  errorPath: ownPath,
})
export const passwordBody = Type.Object({ password: givenPassword })
export const totpBody = Type.Object({ code, trustDevice })
export const backupCodeBody = Type.Object({
  code: Type.String({ minLength: 4, maxLength: 64, description: 'One of the backup codes.' }),
  trustDevice,
})
export const resetRequestBody = Type.Object({ email })
const token = Type.String({ minLength: 8, maxLength: 1_000, pattern: '^[\\x21-\\x7e]+$' })
export const resetBody = Type.Object({ token, newPassword })
export const changePasswordBody = Type.Object({
  currentPassword: givenPassword,
  newPassword,
  endOtherSessions: Type.Optional(Type.Boolean({ default: true })),
})
export const tokenBody = Type.Object({ token })

export const signedInSchema = Type.Object({
  signedIn: Type.Boolean({
    description:
      'True: the answer sets the cookie of the session. False: a second factor is asked for.',
  }),
  secondFactors: Type.Optional(
    Type.Array(Type.String(), { description: 'What may be given as the second factor: `totp`.' }),
  ),
})
export const sessionStateSchema = Type.Object({ signedIn: Type.Boolean() })
export const doneSchema = Type.Object({ done: Type.Literal(true) })
export const providerUrlSchema = Type.Object({
  url: Type.String({ description: 'Where to send the browser.' }),
})
export const twoFactorSchema = Type.Object({
  totpUri: Type.String({
    description:
      'For the authenticator (as a QR code): `otpauth://totp/…`. It counts when a code of it was given once.',
  }),
  backupCodes: Type.Array(Type.String(), {
    description: 'Each works once in place of a code. Shown here only: keep them now.',
  }),
})
export const backupCodesSchema = Type.Object({ backupCodes: Type.Array(Type.String()) })
export const methodsSchema = Type.Object({
  password: Type.Literal(true),
  providers: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
})

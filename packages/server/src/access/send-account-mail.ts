/**
 * The mails about a person's account: a link that resets the password, proves the address, or invites. They go out
 * through the e-mail integration of the tenant `default`, as deliveries. Not for notifications.
 */
import type { Pool } from 'pg'
import { asId } from '@carillon/domain/ids'
import type { LaneKey } from '../delivery/store.ts'
import { sendNotice } from '../integrations/send-notice.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { defaultTenantSlug } from './authenticate.ts'
import { findTenantIdsAcrossTenants } from './queries/lookups.ts'

export type AccountLetter = {
  readonly kind: 'password_reset' | 'email_verification' | 'invitation'
  readonly email: string
  /** `usr_…` or `inv_…`. */
  readonly about: string
  /** With a secret in it; must hold no `{`. */
  readonly link: string
  /** Who is written to, and what of. */
  readonly data: { readonly name?: string; readonly tenant?: string }
  readonly language: string
  readonly validForMs: number
}

type Words = { readonly subject: string; readonly before: string; readonly after: string }

const words: Readonly<Record<'en' | 'it', Readonly<Record<AccountLetter['kind'], Words>>>> = {
  en: {
    password_reset: {
      subject: 'Carillon: a new password',
      before: 'Somebody, probably you, wants a new password for your account. Choose it here:',
      after: 'The link works once, within an hour. If it was not you, there is nothing to do.',
    },
    email_verification: {
      subject: 'Carillon: confirm your address',
      before: 'Confirm that this is your address:',
      after: 'The link works within an hour. If you do not know Carillon, there is nothing to do.',
    },
    invitation: {
      subject: 'Carillon: an invitation to {{ data.tenant }}',
      before: 'You are invited to {{ data.tenant }}. Accept here:',
      after: 'The link works once, within seven days.',
    },
  },
  it: {
    password_reset: {
      subject: 'Carillon: una nuova password',
      before: 'Qualcuno, probabilmente tu, chiede una nuova password. Sceglila qui:',
      after: "Il link vale una volta, per un'ora. Se non sei stato tu, non c'è nulla da fare.",
    },
    email_verification: {
      subject: 'Carillon: conferma il tuo indirizzo',
      before: 'Conferma che questo è il tuo indirizzo:',
      after: "Il link vale per un'ora. Se non conosci Carillon, non c'è nulla da fare.",
    },
    invitation: {
      subject: 'Carillon: un invito a {{ data.tenant }}',
      before: 'Sei invitato a {{ data.tenant }}. Accetta qui:',
      after: 'Il link vale una volta, per sette giorni.',
    },
  },
}

export type SendAccountMail = (letter: AccountLetter) => Promise<'queued' | 'no_integration'>

type Options = {
  /** Of role engine: the letter goes out in the tenant `default`, whoever asked for it. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly shard: number
  readonly wake: (lane: LaneKey) => void
}

/** Makes what queues a letter. It says `no_integration` when there is no tenant `default`, or none that can send mail. */
export const createSendAccountMail = ({ pool, newId, shard, wake }: Options): SendAccountMail => {
  return async ({ kind, email, about, link, data, language, validForMs }) => {
    const [tenant] = await findTenantIdsAcrossTenants(pool, [defaultTenantSlug])
    if (tenant === undefined) return 'no_integration'
    if (link.includes('{')) throw new Error('a link in a letter would be read as a template')
    const { subject, before, after } = words[language === 'it' ? 'it' : 'en'][kind]
    const tenantId = asId('tenant', tenant.tenant_id)
    const notice = {
      channel: 'email',
      address: email,
      type: `account.${kind}`,
      about,
      data: { ...data, email },
      subject,
      text: `${before}\n\n${link}\n\n${after}\n`,
      sendForMs: validForMs,
    }
    const lane = await inTenant(pool, tenantId, async (client) =>
      sendNotice(client, notice, { tenantId, newId, shard }),
    )
    if (lane === undefined) return 'no_integration'
    wake(lane)
    return 'queued'
  }
}

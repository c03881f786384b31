/**
 * Every file of texts, by the name under which `useTranslation` asks for it: a feature adds its line here. English is the
 * measure, and the other languages must have the same keys (`satisfies SameTexts<…>`). Types only.
 */
import type { campaigns } from './en/campaigns.ts'
import type { deliveries } from './en/deliveries.ts'
import type { events } from './en/events.ts'
import type { explain } from './en/explain.ts'
import type { contacts } from './en/contacts.ts'
import type { forms } from './en/forms.ts'
import type { frame } from './en/frame.ts'
import type { integrations } from './en/integrations.ts'
import type { memberships } from './en/memberships.ts'
import type { overview } from './en/overview.ts'
import type { parts } from './en/parts.ts'
import type { profile } from './en/profile.ts'
import type { reasons } from './en/reasons.ts'
import type { rules } from './en/rules.ts'
import type { schedules } from './en/schedules.ts'
import type { settings } from './en/settings.ts'
import type { setup } from './en/setup.ts'
import type { signIn } from './en/sign-in.ts'
import type { trackedItems } from './en/tracked-items.ts'
import type { welcome } from './en/welcome.ts'
import type { apiKeys } from './en/api-keys.ts'
import type { audit } from './en/audit.ts'
import type { people } from './en/people.ts'
import type { signInProviders } from './en/sign-in-providers.ts'
import type { tenants } from './en/tenants.ts'
import type { users } from './en/users.ts'
import type { subscriptions } from './en/subscriptions.ts'
import type { suppressions } from './en/suppressions.ts'
import type { monitor } from './en/monitor.ts'

export type Texts = {
  readonly deliveries: typeof deliveries
  readonly events: typeof events
  readonly explain: typeof explain
  readonly reasons: typeof reasons
  readonly rules: typeof rules
  readonly campaigns: typeof campaigns
  readonly contacts: typeof contacts
  readonly forms: typeof forms
  readonly frame: typeof frame
  readonly integrations: typeof integrations
  readonly memberships: typeof memberships
  readonly overview: typeof overview
  readonly parts: typeof parts
  readonly profile: typeof profile
  readonly schedules: typeof schedules
  readonly settings: typeof settings
  readonly subscriptions: typeof subscriptions
  readonly suppressions: typeof suppressions
  readonly setup: typeof setup
  readonly 'sign-in': typeof signIn
  readonly 'tracked-items': typeof trackedItems
  readonly welcome: typeof welcome
  readonly 'api-keys': typeof apiKeys
  readonly audit: typeof audit
  readonly people: typeof people
  readonly 'sign-in-providers': typeof signInProviders
  readonly tenants: typeof tenants
  readonly users: typeof users
  readonly monitor: typeof monitor
}

/** The same keys with other words: `export const rules = {…} as const satisfies SameTexts<typeof english>`. */
export type SameTexts<English> = {
  readonly [Key in keyof English]: English[Key] extends string ? string : SameTexts<English[Key]>
}

declare module 'i18next' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- only interfaces merge with i18next's
  interface CustomTypeOptions {
    defaultNS: 'frame'
    resources: Texts
  }
}

/** Where one can go: the left rail, the bottom bar of a phone and the command palette are drawn from this. No routes. */
import type { IconName } from '../components/icon.tsx'
import type { frame } from '../texts/en/frame.ts'
import { explainScopes } from './explain-scopes.ts'

export type Place = {
  readonly to: string
  /** Its words in texts/…/frame.ts, below `places`. */
  readonly text: keyof typeof frame.places
  readonly icon: IconName
  /** Without this scope, or one of these, it is not shown. */
  readonly scope?: string | readonly string[]
  /** Only a platform admin sees it. */
  readonly platform?: true
  /** In the bottom bar of a phone; the others are under "More". */
  readonly onPhone?: true
  /** Ids that this place shows: `dlv` for `dlv_…`; the palette goes to `<to>/<id>`. */
  readonly ids?: string
}

export type PlaceGroup = {
  /** Its heading in texts/…/frame.ts, below `groups`; absent: no heading. */
  readonly text?: keyof typeof frame.groups
  readonly places: readonly Place[]
}

/** A feature adds its places to its group, in the order of the design. */
export const navigation: readonly PlaceGroup[] = [
  {
    places: [{ to: '/', text: 'overview', icon: 'home', scope: 'deliveries:read', onPhone: true }],
  },
  {
    text: 'messages',
    places: [
      {
        // Without the scope one sees one's own.
        to: '/deliveries',
        text: 'deliveries',
        icon: 'send',
        onPhone: true,
        ids: 'dlv',
      },
      { to: '/events', text: 'events', icon: 'bolt', scope: 'events:read', ids: 'evt' },
      { to: '/explain', text: 'explain', icon: 'question', scope: explainScopes },
    ],
  },
  {
    text: 'audience',
    places: [
      {
        to: '/contacts',
        text: 'contacts',
        icon: 'people',
        scope: 'contacts:read',
        ids: 'con',
      },
      {
        to: '/campaigns',
        text: 'campaigns',
        icon: 'megaphone',
        scope: 'campaigns:read',
        onPhone: true,
        ids: 'cmp',
      },
      {
        to: '/subscriptions',
        text: 'subscriptions',
        icon: 'bell',
        scope: 'registrations:read',
      },
      { to: '/my-subscriptions', text: 'mySubscriptions', icon: 'person' },
      {
        to: '/suppressions',
        text: 'suppressions',
        icon: 'shield',
        scope: 'suppressions:read',
        ids: 'sup',
      },
    ],
  },
  {
    text: 'sources',
    places: [
      { to: '/sources', text: 'sources', icon: 'mail', scope: 'integrations:read' },
      {
        to: '/tracked-items',
        text: 'trackedItems',
        icon: 'history',
        scope: 'syncs:read',
        ids: 'trk',
      },
      { to: '/memberships', text: 'memberships', icon: 'people', scope: 'syncs:read', ids: 'msy' },
    ],
  },
  {
    text: 'setUp',
    places: [
      { to: '/rules', text: 'rules', icon: 'filter', scope: 'rules:read', ids: 'rul' },
      {
        to: '/integrations',
        text: 'integrations',
        icon: 'link',
        scope: 'integrations:read',
        ids: 'int',
      },
      {
        to: '/schedules',
        text: 'schedules',
        icon: 'calendar',
        scope: 'schedules:read',
        ids: 'sch',
      },
      { to: '/settings', text: 'settings', icon: 'settings', scope: 'settings:read' },
    ],
  },
  {
    text: 'administration',
    places: [
      { to: '/people', text: 'people', icon: 'people', scope: 'members:read', ids: 'mem' },
      { to: '/api-keys', text: 'apiKeys', icon: 'key', scope: 'keys:read' },
      { to: '/audit', text: 'audit', icon: 'history', scope: 'audit:read' },
      { to: '/monitor', text: 'monitor', icon: 'gauge', platform: true },
      { to: '/users', text: 'users', icon: 'person', platform: true, ids: 'usr' },
      { to: '/tenants', text: 'tenants', icon: 'home', platform: true, ids: 'ten' },
      { to: '/platform-api-keys', text: 'platformApiKeys', icon: 'key', platform: true },
      { to: '/platform-audit', text: 'platformAudit', icon: 'history', platform: true },
      { to: '/sign-in-providers', text: 'signInProviders', icon: 'lock', platform: true },
    ],
  },
]

/** English: API keys. */
export const apiKeys = {
  tenant: {
    title: 'API keys',
    about:
      'With which programs of yours call Carillon. Give each program a key of its own, with no more rights than it needs.',
    empty: 'A program needs a key to post events, to read deliveries, or to set things up.',
  },
  platform: {
    title: 'Platform keys',
    about:
      'Keys for programs that run the installation itself: they may do everything, in every tenant. Give a tenant’s programs keys of the tenant.',
    empty:
      'A program that makes tenants, accounts or backups needs one. Everything else works with keys of a tenant.',
  },
  close: 'Close',
  everything: 'everything',
  more_one: 'and {{count, number}} more',
  more_other: 'and {{count, number}} more',
  never: 'never',
  noEnd: 'For ever',
  anyState: 'Any state',
  columns: {
    name: 'Name',
    state: 'State',
    scopes: 'May',
    used: 'Last used',
    ends: 'Expires',
    actions: 'Actions',
  },
  states: { active: 'Active', expired: 'Expired', revoked: 'Revoked' },
  roles: { read: 'Read', write: 'Read and write', admin: 'Everything', own: 'Choose scopes …' },
  roleAbout: {
    read: 'Sees everything, changes nothing.',
    write: 'Everything but making keys and members.',
    admin: 'Everything in this tenant, also what later versions add.',
    own: 'Exactly what you choose.',
  },
  empty: { title: 'No key yet' },
  make: {
    button: 'Make a key',
    title: 'A new API key',
    nameAbout: 'The program that will use it.',
    role: 'Rights',
    ends: 'Valid for',
    days_one: '{{count, number}} day',
    days_other: '{{count, number}} days',
  },
  made: {
    title: 'Your new key',
    about: 'Copy it now: it is kept as a hash only, and nobody can show it again.',
    done: 'I have it',
  },
  revoke: {
    button: 'Revoke',
    title: 'Revoke {{name}}?',
    done: '"{{name}}" is revoked.',
    about: 'Programs that use it are refused within a second. It can not be undone.',
  },
} as const

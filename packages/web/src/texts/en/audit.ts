/** English: the audit log. */
export const audit = {
  tenant: {
    title: 'Audit log',
    about:
      'Every change of settings, rights and data by people and programs. Nothing here can be changed or deleted.',
    empty:
      'Whatever is changed in this tenant shows here. With filters set there may be none that fits.',
  },
  platform: {
    title: 'Platform audit log',
    about:
      'Every change of accounts, platform keys and sign-in providers; what is changed in a tenant is in its own log. Nothing here can be changed or deleted.',
    empty:
      'Whatever is changed in the installation shows here. With filters set there may be none that fits.',
  },
  export: 'Export',
  close: 'Close',
  details: 'Details',
  show: 'Details of entry {{number}}',
  hash: 'Hash',
  columns: {
    number: 'No.',
    at: 'When',
    actor: 'Who',
    action: 'What',
    object: 'On',
    details: 'Details',
  },
  filters: {
    actor: 'Who (usr_… or key_…)',
    action: 'Action',
    kind: 'Kind of thing',
    object: 'Id of the thing',
  },
  verify: {
    button: 'Verify the chain',
    ok: 'Nothing was changed',
    broken: 'The chain is broken at entry {{number}}',
    entries_one: '{{number}} entry checked.',
    entries_other: '{{number}} entries checked.',
    hash: 'Hash of the last one; keep it elsewhere:',
  },
  empty: { title: 'No entries' },
} as const

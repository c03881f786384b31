/** English: all tenants. */
export const tenants = {
  title: 'Tenants',
  about:
    'Each tenant has its own integrations, rules, people and data, and sees nothing of the others.',
  tenant: 'Tenant',
  close: 'Close',
  save: 'Save',
  saved: 'Saved',
  enter: 'Enter',
  purge: 'Is purged',
  columns: {
    name: 'Name',
    slug: 'Name in addresses',
    state: 'State',
    zone: 'Time zone',
    since: 'Since',
    enter: 'Enter',
  },
  states: { active: 'Active', suspended: 'Suspended', deleted: 'Deleted' },
  make: {
    button: 'Make a tenant',
    title: 'A new tenant',
    slugAbout: 'Lower-case letters, digits and "-". It can not be changed.',
  },
  limits: {
    title: 'Limits and retention',
    subscriptionsPerMinute: 'Requests on subscriptions a minute',
    triggersPerMinute: 'Triggers of a subscription a minute',
    eventsPerMinute: 'Requests with events a minute',
    hooksPerMinute: 'Calls of an integration’s hook a minute',
    zero: '0: as many as they like',
    retention: 'Days to keep events and deliveries',
    retentionAbout: 'Empty: for ever',
  },
  end: {
    title: 'Suspend or delete',
    about: 'A suspended tenant sends nothing and lets nobody in; what waits keeps its deadline.',
    suspend: 'Suspend',
    resume: 'Let it go on',
    delete: 'Delete',
    restore: 'Restore',
    deleteTitle: 'Delete {{name}}?',
    deleteAbout:
      'It is closed at once, and can be restored for seven days. Then everything of it but its audit log is gone.',
    type: 'Type {{slug}} to confirm',
  },
} as const

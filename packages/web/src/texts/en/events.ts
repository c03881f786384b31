/** English: events. */
export const events = {
  title: 'Events',
  about: 'What came in, from whom, and what followed from it.',
  columns: { type: 'Type', source: 'Source', subject: 'Subject', accepted: 'Accepted' },
  filters: { type: 'Beginning of a type', source: 'Source, exactly' },
  tabs: { what: 'What it says' },
  facts: { sourceId: 'Id at the source', time: 'Happened' },
  data: 'Data',
  deliveries: 'What followed',
  noDeliveries: 'No delivery followed from it. Ask why: it may be that no rule matches.',
  allDeliveries: 'All deliveries of this event',
  explain: 'Who got it, and why?',
  again: 'What would happen now?',
  empty: {
    title: 'No event came in yet',
    text: 'Events are posted by your applications, fetched by sources such as mailboxes, or made by schedules.',
    action: 'To the sources',
  },
  nothingFits: {
    title: 'No event fits',
    text: 'The filter is the beginning of a type, such as order.',
    clear: 'Take off all filters',
  },
} as const

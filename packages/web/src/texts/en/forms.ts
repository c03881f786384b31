/** English: forms that are made from schemas. */
export const forms = {
  list: 'Several: separate them by Enter or a comma',
  secret: {
    set: 'Set. It is never shown again.',
    removed: 'Is removed when you save.',
    replace: 'Replace',
    remove: 'Remove',
    anew: 'Make a new one',
    keep: 'Keep it after all',
    made: 'Left empty, one is made for you and shown once.',
    show: 'Show or hide what is typed',
  },
  record: { name: 'Name', value: 'Value', add: 'Add a row', remove: 'Remove {{name}}' },
  group: { open: 'Add', openNamed: 'Add {{name}}' },
  json: { broken: 'This is not JSON.' },
  problems: {
    missing: 'Needed.',
    least: 'At least {{bound}}.',
    most: 'At most {{bound}}.',
    longest: 'At most {{bound}} characters.',
  },
} as const

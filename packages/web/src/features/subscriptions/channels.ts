/** The channels on which people are written to: fixed, because members of a tenant may not see its connectors. */
export const peopleChannels: readonly string[] = [
  'email',
  'sms',
  'telegram',
  'whatsapp',
  'teams',
  'chat',
  'push',
]

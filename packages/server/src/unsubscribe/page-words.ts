/** The words of the unsubscribe page, in the languages that tenants have. No markup. */

type Words = {
  readonly title: string
  readonly intro: (tenant: string) => string
  readonly address: string
  readonly choose: string
  readonly campaigns: string
  readonly campaignsHint: string
  readonly none: string
  readonly save: string
  readonly saved: string
  readonly nothing: string
  readonly nothingHint: (tenant: string) => string
  readonly wantsNothing: (tenant: string) => string
  readonly unknownTitle: string
  readonly unknown: string
  readonly tooOftenTitle: string
  readonly tooOften: string
  readonly unclearTitle: string
  readonly unclear: string
}

const en: Words = {
  title: 'Your subscriptions',
  intro: (tenant) => `Choose what ${tenant} may send you.`,
  address: 'Address',
  choose: 'I want to receive',
  campaigns: 'News and offers',
  campaignsHint: 'Messages that go to many people at once.',
  none: 'You are not subscribed to anything at this address.',
  save: 'Save my choices',
  saved: 'Your choices are saved.',
  nothing: 'Unsubscribe from everything',
  nothingHint: (tenant) =>
    `Then ${tenant} sends nothing more to this address, not even single messages such as confirmations.`,
  wantsNothing: (tenant) =>
    `${tenant} sends nothing to this address. To receive something again, choose it and save.`,
  unknownTitle: 'This link does not work',
  unknown:
    'It is incomplete or was changed. Open it from the message again, or ask whoever wrote to you.',
  tooOftenTitle: 'Too many requests',
  tooOften: 'Wait a minute, then try again.',
  unclearTitle: 'Nothing was changed',
  unclear: 'The request did not say what to do. Open the link and choose.',
}

const it: Words = {
  title: 'Le tue iscrizioni',
  intro: (tenant) => `Scegli che cosa può inviarti ${tenant}.`,
  address: 'Indirizzo',
  choose: 'Voglio ricevere',
  campaigns: 'Novità e offerte',
  campaignsHint: 'Messaggi inviati a molte persone insieme.',
  none: 'Questo indirizzo non è iscritto a nulla.',
  save: 'Salva le mie scelte',
  saved: 'Le tue scelte sono state salvate.',
  nothing: 'Cancella tutte le iscrizioni',
  nothingHint: (tenant) =>
    `Dopo, ${tenant} non invia più nulla a questo indirizzo, nemmeno messaggi singoli come le conferme.`,
  wantsNothing: (tenant) =>
    `${tenant} non invia nulla a questo indirizzo. Per ricevere di nuovo qualcosa, sceglilo e salva.`,
  unknownTitle: 'Questo link non funziona',
  unknown:
    'È incompleto o è stato modificato. Aprilo di nuovo dal messaggio, oppure chiedi a chi ti ha scritto.',
  tooOftenTitle: 'Troppe richieste',
  tooOften: 'Aspetta un minuto e riprova.',
  unclearTitle: 'Non è cambiato nulla',
  unclear: 'La richiesta non diceva che cosa fare. Apri il link e scegli.',
}

export const pageWords = { en, it } as const satisfies Record<string, Words>

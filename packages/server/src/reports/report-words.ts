/** The words of the daily report, in the languages that tenants have. No markup. */
import type { Language } from '@carillon/domain/content'
import type { Counts } from './schema.ts'

type Words = {
  readonly subject: (day: string, sent: string, failed: string) => string
  readonly title: string
  readonly total: string
  readonly campaigns: string
  readonly further: (n: string) => string
  readonly quiet: string
  readonly failures: string
  readonly causes: Readonly<Record<string, string>>
  readonly breakers: string
  readonly opened: (n: string) => string
  readonly slowest: string
  readonly slow: (p95: string, exchanges: string) => string
  readonly missed: string
  readonly missedHint: string
  readonly states: Readonly<Record<keyof Counts, string>>
  readonly seconds: string
}

const en: Words = {
  subject: (day, sent, failed) => `Report for ${day}: ${sent} sent, ${failed} failed`,
  title: 'Daily report',
  total: 'All messages',
  campaigns: 'Campaigns',
  further: (n) => `and ${n} further campaigns`,
  quiet: 'Nothing was sent on this day.',
  failures: 'Why messages failed',
  causes: {
    retry: 'the provider refused for the moment, until no try was left',
    unknown: 'no answer after sending, until no try was left',
    defer: 'the recipient could not take it for the moment',
    recipient_rejected: 'the address was refused',
    message_rejected: 'the message was refused',
    integration_rejected: 'the provider refused the account',
    moved: 'the address had changed',
    none: 'no way was left to send it',
  },
  breakers: 'Integrations that were stopped after failures',
  opened: (n) => `${n} times`,
  slowest: 'Slowest integrations',
  slow: (p95, exchanges) => `95 of 100 exchanges within ${p95} (${exchanges} exchanges)`,
  missed: 'Days without a report',
  missedHint: 'Nothing ran in the mornings after these days. Their numbers:',
  states: {
    created: 'made',
    attempts: 'attempts',
    sent: 'sent',
    delivered: 'delivered',
    bounced: 'bounced',
    failed: 'failed',
    expired: 'expired',
    suppressed: 'suppressed',
    canceled: 'canceled',
    skipped: 'skipped',
  },
  seconds: 's',
}

const it: Words = {
  subject: (day, sent, failed) => `Rapporto di ${day}: ${sent} inviati, ${failed} falliti`,
  title: 'Rapporto giornaliero',
  total: 'Tutti i messaggi',
  campaigns: 'Campagne',
  further: (n) => `e altre ${n} campagne`,
  quiet: 'In questo giorno non è stato inviato nulla.',
  failures: 'Perché i messaggi sono falliti',
  causes: {
    retry: 'il fornitore ha rifiutato per il momento, fino all’ultimo tentativo',
    unknown: 'nessuna risposta dopo l’invio, fino all’ultimo tentativo',
    defer: 'il destinatario non poteva riceverlo per il momento',
    recipient_rejected: 'indirizzo rifiutato',
    message_rejected: 'messaggio rifiutato',
    integration_rejected: 'il fornitore ha rifiutato l’account',
    moved: 'l’indirizzo era cambiato',
    none: 'non restava alcun modo di inviarlo',
  },
  breakers: 'Integrazioni fermate dopo errori',
  opened: (n) => `${n} volte`,
  slowest: 'Integrazioni più lente',
  slow: (p95, exchanges) => `95 scambi su 100 entro ${p95} (${exchanges} scambi)`,
  missed: 'Giorni senza rapporto',
  missedHint: 'Il servizio era fermo le mattine dopo questi giorni. I loro numeri:',
  states: {
    created: 'creati',
    attempts: 'tentativi',
    sent: 'inviati',
    delivered: 'consegnati',
    bounced: 'respinti',
    failed: 'falliti',
    expired: 'scaduti',
    suppressed: 'bloccati',
    canceled: 'annullati',
    skipped: 'saltati',
  },
  seconds: 's',
}

/** By language. */
export const reportWords: Readonly<Record<Language, Words>> = { en, it }

/** Italian: the first steps. */
import type { welcome as english } from '../en/welcome.ts'
import type { SameTexts } from '../texts.ts'

export const welcome = {
  title: 'Primi passi',
  about: 'Tre passi fino al primo messaggio.',
  skip: 'Più tardi',
  next: 'Continua',
  done: 'Alla panoramica',
  steps: { tenant: 'Il tuo tenant', integration: 'Una via d’invio', test: 'Un primo messaggio' },
  service: 'Servizio',
  serviceAbout:
    'Attraverso cui partono i messaggi. Di solito si comincia con l’e-mail via SMTP; altri possono seguire.',
  noCheck: 'Questo servizio non permette di verificare le credenziali senza inviare.',
  toTest: 'Al primo messaggio',
  to: 'A',
  toAbout:
    'Parte tramite {{integration}}. Un webhook che conosce già il suo indirizzo non ne richiede uno.',
  send: 'Invia una prova',
  noIntegration: 'Non c’è ancora una via d’invio.',
  arrived: 'È partito. Carillon funziona.',
  states: {
    pending: 'In attesa',
    sending: 'In invio',
    sent: 'Inviata',
    delivered: 'Consegnata',
    bounced: 'Respinta',
    failed: 'Non riuscita',
    expired: 'Scaduta',
    suppressed: 'Soppressa',
    canceled: 'Annullata',
    skipped: 'Saltata',
  },
} as const satisfies SameTexts<typeof english>

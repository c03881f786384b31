/** Italian: all tenants. */
import type { tenants as english } from '../en/tenants.ts'
import type { SameTexts } from '../texts.ts'

export const tenants = {
  title: 'Tenant',
  about:
    'Ogni tenant ha integrazioni, regole, persone e dati propri, e non vede nulla degli altri.',
  tenant: 'Tenant',
  close: 'Chiudi',
  save: 'Salva',
  saved: 'Salvato',
  enter: 'Entra',
  filter: 'Nome o parte di esso',
  none: 'Nessun tenant si chiama così',
  noneText: 'Cerca un’altra parte del nome, oppure creane uno.',
  purge: 'Eliminazione definitiva',
  columns: {
    name: 'Nome',
    slug: 'Nome negli indirizzi',
    state: 'Stato',
    zone: 'Fuso orario',
    since: 'Da',
    enter: 'Entra',
  },
  states: { active: 'Attivo', suspended: 'Sospeso', deleted: 'Eliminato' },
  make: {
    button: 'Crea un tenant',
    title: 'Un nuovo tenant',
    slugAbout: 'Lettere minuscole, cifre e «-». Non si può cambiare.',
  },
  limits: {
    title: 'Limiti e conservazione',
    subscriptionsPerMinute: 'Richieste sulle iscrizioni al minuto',
    triggersPerMinute: 'Attivazioni di un’iscrizione al minuto',
    eventsPerMinute: 'Richieste con eventi al minuto',
    hooksPerMinute: 'Chiamate al webhook di un’integrazione al minuto',
    zero: '0: senza limite',
    retention: 'Giorni di conservazione di eventi e consegne',
    retentionAbout: 'Vuoto: per sempre',
  },
  end: {
    title: 'Sospendere o eliminare',
    about:
      'Un tenant sospeso non invia nulla e non fa entrare nessuno; ciò che attende conserva la sua scadenza.',
    suspend: 'Sospendi',
    resume: 'Riattiva',
    delete: 'Elimina',
    restore: 'Ripristina',
    deleteTitle: 'Eliminare {{name}}?',
    deleteAbout:
      'Viene chiuso subito, e si può ripristinare per sette giorni. Poi tutto tranne il registro di controllo scompare.',
    type: 'Scrivi {{slug}} per confermare',
  },
} as const satisfies SameTexts<typeof english>

/** Italian: addresses that must not be written to. */
import type { suppressions as english } from '../en/suppressions.ts'
import type { SameTexts } from '../texts.ts'

export const suppressions = {
  title: 'Indirizzi bloccati',
  about: 'Indirizzi a cui non si manda nulla, ognuno con il suo motivo.',
  one: 'Indirizzo bloccato',
  close: 'Chiudi',
  export: 'Esporta in CSV',
  searchAddress: 'Indirizzo intero',
  nothingFound: 'Nessuna voce corrisponde.',
  ended: 'Quelli non più validi',
  forGood: 'per sempre',
  aProvider: 'un fornitore',
  empty: {
    title: 'Nessun indirizzo è bloccato',
    text: 'Gli indirizzi arrivano qui per messaggi respinti, reclami e disiscrizioni, oppure a mano. Porta le liste dei tuoi fornitori prima della prima campagna.',
  },
  showDelivery: 'Mostra',
  tabs: { facts: 'Blocco' },
  fields: {
    address: 'Indirizzo',
    channel: 'Canale',
    reason: 'Motivo',
    scope: 'Blocca',
    note: 'Nota',
    createdAt: 'Da',
    createdBy: 'Da chi',
    expiresAt: 'Fino a',
    delivery: 'Dall’invio',
  },
  channels: {
    email: 'E-mail',
    sms: 'SMS',
    whatsapp: 'WhatsApp',
    telegram: 'Telegram',
    teams: 'Teams',
    chat: 'Chat',
    push: 'Push',
  },
  reasons: {
    invalid: 'Indirizzo non valido',
    gone: 'Non esiste più',
    blocked: 'Ci ha bloccati',
    complained: 'Reclamo',
    unsubscribed: 'Disiscritto',
    bounced: 'Respinto',
    manual: 'A mano',
  },
  scopes: { all: 'tutto', campaigns: 'le campagne', subscription: 'l’iscrizione {{name}}' },
  add: {
    action: 'Blocca',
    title: 'Blocca un indirizzo',
    noteAbout: 'Perché, per chi lo chiederà.',
    expiresAbout: 'Vuoto: per sempre.',
  },
  lift: {
    title: 'Sblocca',
    action: 'Togli il blocco',
    askedFor: 'Lo ha chiesto la persona.',
    nothingAgain: 'Da solo non riparte nulla: reinvia ciò che serve.',
    done: 'Il blocco è tolto.',
    remaining: 'Questo blocca ancora i messaggi: {{reason}}',
    about: {
      invalid:
        'Un fornitore ha detto che l’indirizzo non esiste. Togli il blocco se sai che è giusto.',
      gone: 'Un fornitore ha detto che l’indirizzo non c’è più. Togli il blocco quando torna.',
      blocked: 'Il destinatario ha bloccato il mittente. Togli il blocco quando è finita.',
      complained:
        'Il destinatario ha segnalato un messaggio come spam. Togli il blocco solo se lo ha chiesto.',
      unsubscribed:
        'Il destinatario non vuole questi messaggi. Togli il blocco solo se lo ha chiesto.',
      bounced:
        'Diversi messaggi sono tornati indietro. Finisce da solo; togli il blocco quando la casella funziona.',
      manual: 'Lo ha messo qualcuno dei tuoi.',
    },
  },
  import: {
    action: 'Importa',
    title: 'Importa indirizzi bloccati',
    about:
      'Un file CSV con intestazione: channel e address, e se vuoi scope, reason, note, expiresAt. Ripetere non cambia nulla.',
    example: 'Un esempio',
    file: 'File CSV',
    choose: 'Scegli un file',
    running: 'Importazione',
    result: '{{created}} nuovi, {{existing}} già presenti, {{refused}} rifiutati.',
    refused: 'Righe rifiutate',
    row: 'Riga',
  },
} as const satisfies SameTexts<typeof english>

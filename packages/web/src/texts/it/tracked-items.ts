/** Italiano: gli elementi seguiti (firme elettroniche e simili). */
import type { trackedItems as english } from '../en/tracked-items.ts'
import type { SameTexts } from '../texts.ts'

export const trackedItems = {
  title: 'Elementi seguiti',
  about: 'Ciò che seguiamo in altri servizi, per esempio documenti in firma.',
  allStates: 'Tutti gli stati',
  openOrNot: 'Aperti e chiusi',
  open: 'Ancora controllati',
  closed: 'Chiusi',
  nothingFound: 'Nessun risultato con questi filtri.',
  stalled: 'bloccato',
  refused: 'Rifiutato',
  yes: 'sì',
  no: 'no',
  columns: {
    reference: 'Riferimento',
    state: 'Stato',
    name: 'Nome',
    synced: 'Ultimo controllo',
    error: 'Ultimo errore',
  },
  states: {
    EN_ATTENTE: 'In attesa',
    EN_COURS: 'In corso',
    SIGNE: 'Firmato',
    REFUSE: 'Rifiutato',
    EXPIRE: 'Scaduto',
    ANNULE: 'Annullato',
    ERREUR: 'Errore',
  },
  diagram: 'Il percorso di questo elemento',
  empty: {
    title: 'Non si segue ancora nulla',
    text: 'Collega Universign e indica una transazione: lo stato viene controllato da solo, e ogni cambiamento diventa un evento per le tue regole.',
  },
  follow: {
    button: 'Segui un elemento',
    submit: 'Segui',
    integration: 'Integrazione',
    remoteId: 'Id nel servizio',
    referenceAbout: 'Il tuo nome, per esempio il numero di un preventivo.',
    noTracker: 'Prima collega un servizio di cui si possono seguire gli elementi.',
  },
  tabs: { item: 'Elemento', log: 'Tutti i controlli' },
  remoteState: 'La parola del servizio',
  attempts: 'Controlli',
  documents: 'Documenti',
  metadata: 'Metadati',
  sync: 'Controlla ora',
  force: 'Controlla di nuovo anche se è concluso',
  forget: {
    button: 'Non seguire più',
    question: 'Non seguire più "{{name}}"?',
    about:
      'Stato e registro vanno persi per sempre. Nel servizio non succede nulla; eventi e invii restano agli atti.',
  },
  participants: { title: 'Persone', who: 'Chi', status: 'Stato', last: 'Ultimo atto' },
  log: {
    none: 'Nessuno ha ancora controllato.',
    new: 'nuovo',
    at: 'Quando',
    type: 'Da',
    what: 'Esito',
    took: 'Durata',
    event: 'evento',
  },
} as const satisfies SameTexts<typeof english>

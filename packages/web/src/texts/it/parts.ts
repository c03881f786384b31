/** Italian: the parts that all pages share. */
import type { parts as english } from '../en/parts.ts'
import type { SameTexts } from '../texts.ts'

export const parts = {
  copy: 'Copia',
  copied: 'Copiato',
  cancel: 'Annulla',
  close: 'Chiudi',
  clear: 'Svuota',
  loading: 'Caricamento',
  filters: 'Filtri',
  json: 'JSON',
  save: 'Salva',
  optional: 'facoltativo',
  deleted: '«{{name}}» è stato eliminato.',
  on: 'Attiva',
  off: 'Spenta',
  lastChange: 'Ultima modifica',
  changedBy: 'di {{name}}',
  changedByPerson: 'di una persona',
  changedByProgram: 'di un programma',
  missing: {
    title: 'Qui non c’è nulla con questo ID',
    text: 'Forse è stato eliminato, oppure appartiene a un altro tenant.',
    back: 'Torna all’elenco',
  },
  error: {
    unknown: 'Qualcosa è andato storto.',
    away: 'Il server non risponde. Controlla la connessione; la pagina riprova da sola.',
    code: 'Codice:',
  },
  table: { more: 'Mostra altri' },
  confirm: {
    more_one: 'e un altro',
    more_other: 'e altri {{count, number}}',
    type: 'Scrivi {{number}} per confermare',
  },
  api: { about: 'Lo stesso tramite API, con una chiave che ne ha il diritto.' },
  html: { note: 'contenuto di terzi; script e immagini remote non vengono caricati' },
  zonedTime: 'Nell’ora di {{zone}}',
  bars: { asTable: 'Mostra come tabella' },
  duration: {
    amount: 'Quantità',
    unit: 'Unità',
    seconds: 'secondi',
    minutes: 'minuti',
    hours: 'ore',
    days: 'giorni',
  },
  form: {
    add: 'Aggiungi',
    remove: 'Rimuovi',
    secretSet: 'È impostato. Lascia vuoto per mantenerlo.',
    kind: 'Tipo',
    invalidJson: 'Non è JSON valido.',
  },
} as const satisfies SameTexts<typeof english>

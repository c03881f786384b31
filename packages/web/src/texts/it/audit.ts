/** Italian: the audit log. */
import type { audit as english } from '../en/audit.ts'
import type { SameTexts } from '../texts.ts'

export const audit = {
  title: 'Registro di controllo',
  about:
    'Ogni modifica di impostazioni, diritti e dati, da parte di persone e programmi. Nulla qui può essere cambiato o eliminato.',
  export: 'Esporta',
  close: 'Chiudi',
  details: 'Dettagli',
  show: 'Dettagli della voce {{number}}',
  hash: 'Hash',
  columns: {
    number: 'N.',
    at: 'Quando',
    actor: 'Chi',
    action: 'Che cosa',
    object: 'Su',
    details: 'Dettagli',
  },
  filters: {
    actor: 'Chi (usr_… o key_…)',
    action: 'Azione',
    kind: 'Tipo di oggetto',
    object: 'Id dell’oggetto',
  },
  verify: {
    button: 'Verifica la catena',
    ok: 'Nulla è stato alterato',
    broken: 'La catena è interrotta alla voce {{number}}',
    entries_one: '{{number}} voce verificata.',
    entries_other: '{{number}} voci verificate.',
    hash: 'Hash dell’ultima; conservalo altrove:',
  },
  empty: {
    title: 'Nessuna voce',
    text: 'Qui compare ogni modifica nel tenant. Con dei filtri impostati può non essercene alcuna che corrisponda.',
  },
} as const satisfies SameTexts<typeof english>

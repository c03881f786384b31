/** Italian: the audit log. */
import type { audit as english } from '../en/audit.ts'
import type { SameTexts } from '../texts.ts'

export const audit = {
  tenant: {
    title: 'Registro di controllo',
    about:
      'Ogni modifica di impostazioni, diritti e dati, da parte di persone e programmi. Nulla qui può essere cambiato o eliminato.',
    empty:
      'Qui compare ogni modifica nel tenant. Con dei filtri impostati può non essercene alcuna che corrisponda.',
  },
  platform: {
    title: 'Registro della piattaforma',
    about:
      'Ogni modifica di account, chiavi della piattaforma e provider di accesso; ciò che cambia in un tenant è nel suo registro. Nulla qui può essere cambiato o eliminato.',
    empty:
      'Qui compare tutto ciò che cambia nell’installazione. Con i filtri impostati può non corrispondere nulla.',
  },
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
  empty: { title: 'Nessuna voce' },
} as const satisfies SameTexts<typeof english>

/** Italian: API keys. */
import type { apiKeys as english } from '../en/api-keys.ts'
import type { SameTexts } from '../texts.ts'

export const apiKeys = {
  tenant: {
    title: 'Chiavi API',
    about:
      'Con cui i tuoi programmi chiamano Carillon. Dai a ogni programma una chiave propria, con i soli diritti necessari.',
    empty: 'A un programma serve una chiave per inviare eventi, leggere consegne o configurare.',
  },
  platform: {
    title: 'Chiavi della piattaforma',
    about:
      'Chiavi per i programmi che gestiscono l’installazione stessa: possono tutto, in ogni tenant. Ai programmi di un tenant dai chiavi del tenant.',
    empty:
      'Serve a un programma che crea tenant, account o backup. Per tutto il resto bastano le chiavi di un tenant.',
  },
  close: 'Chiudi',
  everything: 'tutto',
  more_one: 'e un altro',
  more_other: 'e altri {{count, number}}',
  never: 'mai',
  noEnd: 'Per sempre',
  anyState: 'Qualsiasi stato',
  columns: {
    name: 'Nome',
    state: 'Stato',
    scopes: 'Può',
    used: 'Ultimo uso',
    ends: 'Scade',
    actions: 'Azioni',
  },
  states: { active: 'Attiva', expired: 'Scaduta', revoked: 'Revocata' },
  roles: {
    read: 'Lettura',
    write: 'Lettura e scrittura',
    admin: 'Tutto',
    own: 'Scegli gli ambiti …',
  },
  roleAbout: {
    read: 'Vede tutto, non cambia nulla.',
    write: 'Tutto tranne creare chiavi e membri.',
    admin: 'Tutto in questo tenant, anche ciò che aggiungono le versioni future.',
    own: 'Esattamente ciò che scegli.',
  },
  empty: { title: 'Ancora nessuna chiave' },
  make: {
    button: 'Crea una chiave',
    title: 'Una nuova chiave API',
    nameAbout: 'Il programma che la userà.',
    role: 'Diritti',
    ends: 'Valida per',
    days_one: '{{count, number}} giorno',
    days_other: '{{count, number}} giorni',
  },
  made: {
    title: 'La tua nuova chiave',
    about: 'Copiala ora: se ne conserva solo un hash, e nessuno potrà mostrarla di nuovo.',
    done: 'L’ho copiata',
  },
  revoke: {
    button: 'Revoca',
    title: 'Revocare {{name}}?',
    done: 'La chiave "{{name}}" è revocata.',
    about: 'I programmi che la usano vengono rifiutati entro un secondo. Non si può annullare.',
  },
} as const satisfies SameTexts<typeof english>

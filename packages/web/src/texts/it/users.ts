/** Italian: all accounts. */
import type { users as english } from '../en/users.ts'
import type { SameTexts } from '../texts.ts'

export const users = {
  title: 'Account',
  about:
    'Chiunque possa accedere, in qualunque tenant. Di solito si arriva con un invito a un tenant.',
  account: 'Account',
  close: 'Chiudi',
  done: 'Fatto',
  yes: 'sì',
  no: 'no',
  filter: 'Nome o indirizzo',
  twoFactor: 'Secondo fattore',
  verified: 'Indirizzo verificato',
  platformAdmin: 'Amministratore della piattaforma',
  platformAdminAbout: 'Può fare tutto in ogni tenant.',
  ordinary: 'Solo nei propri tenant',
  promote: 'Rendi amministratore della piattaforma',
  demote: 'Non più amministratore della piattaforma',
  disable: 'Disattiva',
  enable: 'Attiva',
  sessions: {
    title: 'Sessioni',
    none: 'Nessun accesso aperto.',
    question: 'Disconnettere ovunque?',
    about: 'Ogni dispositivo dovrà accedere di nuovo. Non cambia altro.',
  },
  signOut: 'Disconnetti ovunque',
  signedOut: 'Disconnesso ovunque',
  columns: {
    name: 'Nome',
    email: 'Indirizzo e-mail',
    rights: 'Diritti',
    state: 'Stato',
    since: 'Da',
  },
  states: { active: 'Attivo', disabled: 'Disattivato' },
  empty: { title: 'Nessuno corrisponde', text: 'Nessun account ha questo nome o indirizzo.' },
  make: { button: 'Crea un account', title: 'Un nuovo account', submit: 'Crea l’account' },
  link: {
    button: 'Link per una password',
    title: 'Link per scegliere una password',
    about: 'Consegnalo: vale una volta, per un’ora. Viene mostrato ora e non più.',
  },
  remove: {
    button: 'Elimina',
    title: 'Eliminare l’account di {{name}}?',
    about: 'Sessioni, appartenenze e registrazioni vengono eliminate. Non si può annullare.',
  },
} as const satisfies SameTexts<typeof english>

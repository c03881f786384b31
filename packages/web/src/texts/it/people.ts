/** Italian: members and invitations. */
import type { people as english } from '../en/people.ts'
import type { SameTexts } from '../texts.ts'

export const people = {
  title: 'Persone',
  about: 'Chi può lavorare in questo tenant, e chi riceve che cosa tramite le iscrizioni.',
  member: 'Membro',
  close: 'Chiudi',
  yes: 'sì',
  no: 'no',
  twoFactor: 'Secondo fattore',
  columns: {
    name: 'Nome',
    email: 'Indirizzo e-mail',
    role: 'Ruolo',
    state: 'Stato',
    since: 'Da',
    actions: 'Azioni',
  },
  filters: { text: 'Nome o indirizzo', anyRole: 'Qualsiasi ruolo' },
  roles: { admin: 'Amministratore', member: 'Membro' },
  roleAbout: {
    admin: 'Può fare tutto in questo tenant.',
    member: 'Vede le iscrizioni, e ha registrazioni e consegne proprie.',
  },
  states: { active: 'Attivo', disabled: 'Disattivato' },
  empty: {
    title: 'Nessuno fa parte di questo tenant',
    text: 'Invita i colleghi: come amministratori che configurano, o come membri che si iscrivono.',
  },
  invite: {
    button: 'Invita',
    title: 'Invita qualcuno',
    how: 'Come arriva l’invito?',
    mail: 'Per e-mail, da Carillon',
    link: 'Consegno io un link',
    submit: 'Crea l’invito',
    mailed: 'L’invito è in viaggio verso {{email}}.',
    linkTitle: 'Link dell’invito',
    linkAbout: 'Vale una volta, per sette giorni. Viene mostrato ora e non più.',
    done: 'Fatto',
  },
  invitations: {
    title: 'Inviti aperti',
    none: 'Nessun invito è aperto.',
    ends: 'Fino a',
    resend: 'Nuovo link',
    revoke: 'Ritira',
  },
  signOut: 'Disconnetti ovunque',
  signedOut: 'Disconnesso ovunque',
  remove: {
    done: '{{name}} non fa più parte di questo tenant.',
    button: 'Rimuovi',
    title: 'Rimuovere {{name}} da questo tenant?',
    about:
      'Anche le registrazioni di questa persona vengono eliminate. L’account resta, e può essere invitato di nuovo.',
  },
} as const satisfies SameTexts<typeof english>

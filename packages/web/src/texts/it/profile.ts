/** Italian: one's own account. */
import type { profile as english } from '../en/profile.ts'
import type { SameTexts } from '../texts.ts'

export const profile = {
  title: 'Profilo',
  save: 'Salva',
  saved: 'Salvato',
  close: 'Chiudi',
  name: { title: 'Tu', name: 'Nome', email: 'Indirizzo e-mail' },
  password: {
    title: 'Password',
    current: 'Password attuale',
    new: 'Nuova password',
    rule: 'Almeno 12 caratteri, di qualsiasi tipo. Verrai disconnesso da tutti gli altri dispositivi.',
    show: 'Mostra la password',
    submit: 'Cambia la password',
    done: 'La password è stata cambiata',
  },
  factor: {
    title: 'Secondo fattore',
    about: 'Un’app di autenticazione sul telefono genera un codice richiesto oltre alla password.',
    on: 'Richiesto',
    off: 'Non configurato',
    enable: 'Configura un’app di autenticazione',
    disable: 'Rinuncia',
    newCodes: 'Nuovi codici di riserva',
    continue: 'Continua',
    titles: {
      enable: 'Configura un’app di autenticazione',
      disable: 'Rinuncia al secondo fattore',
      codes: 'Nuovi codici di riserva',
    },
    add: 'Aggiungi Carillon all’app di autenticazione',
    how: 'Inquadra l’immagine con l’app di autenticazione, scrivi la chiave nell’app o aprila su questo dispositivo. Poi indica il suo primo codice.',
    picture: 'La chiave come codice QR',
    open: 'Apri in un’app su questo dispositivo',
    code: 'Codice (6 cifre)',
    confirm: 'Conferma',
    codes: 'Codici di riserva',
    codesAbout:
      'Ognuno permette un accesso quando l’app non è disponibile. Vengono mostrati ora e mai più: conservali in un luogo sicuro.',
  },
  sessions: {
    title: 'Dove hai effettuato l’accesso',
    device: 'Dispositivo',
    unknown: 'Sconosciuto',
    current: 'Questo',
    ip: 'Indirizzo',
    since: 'Accesso',
    used: 'Ultimo uso',
    action: 'Azione',
    end: 'Disconnetti',
    endOthers: 'Disconnetti tutti gli altri',
  },
} as const satisfies SameTexts<typeof english>

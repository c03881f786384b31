/** Italian: the first run. */
import type { setup as english } from '../en/setup.ts'
import type { SameTexts } from '../texts.ts'

export const setup = {
  title: 'Benvenuto in Carillon',
  about: 'Non c’è ancora nessuno. Crea l’account che amministra questa installazione.',
  key: 'Chiave di amministrazione',
  keyAbout: 'Nel file indicato da `npm start`, o il valore di CARILLON_BOOTSTRAP_API_KEY.',
  name: 'Il tuo nome',
  email: 'Indirizzo e-mail',
  password: 'Password',
  passwordAbout: 'Almeno 12 caratteri, di qualsiasi tipo.',
  show: 'Mostra',
  submit: 'Crea l’account',
} as const satisfies SameTexts<typeof english>

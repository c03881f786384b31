/** English: the first run. */
export const setup = {
  title: 'Welcome to Carillon',
  about: 'Nobody is here yet. Make the account that administers this installation.',
  key: 'Admin key',
  keyAbout: 'In the file that `npm start` names, or the value of CARILLON_BOOTSTRAP_API_KEY.',
  name: 'Your name',
  email: 'E-mail address',
  password: 'Password',
  passwordAbout: 'At least 12 characters, of any kind.',
  show: 'Show',
  submit: 'Make the account',
} as const

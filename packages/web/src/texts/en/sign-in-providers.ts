/** English: providers to sign in with. */
export const signInProviders = {
  title: 'Sign-in',
  about:
    'Beside passwords, people can sign in with your company’s provider. Who signs in so needs an invitation all the same.',
  names: { oidc: 'OpenID Connect', google: 'Google' },
  fromEnvironment:
    'Set in the environment of the server ({{issuer}}), and only there to be changed.',
  name: 'Name on the button',
  nameAbout: 'As in "Continue with …".',
  issuer: 'Issuer',
  issuerAbout: 'Its address, such as https://login.example.org.',
  clientId: 'Client id',
  clientSecret: 'Client secret',
  secretSet: 'Is set. Leave it empty to keep it.',
  show: 'Show the secret',
  enabled: 'May be used',
  redirect: 'Redirect URI, to be entered at the provider:',
  save: 'Save',
  saved: 'Saved',
  remove: 'Remove',
  removed: 'Nobody signs in with it any more.',
  removeTitle: 'Remove this provider?',
  removeAbout: 'Nobody can sign in with it any more. Who has no password needs a link for one.',
} as const

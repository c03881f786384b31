/** Italian: providers to sign in with. */
import type { signInProviders as english } from '../en/sign-in-providers.ts'
import type { SameTexts } from '../texts.ts'

export const signInProviders = {
  title: 'Accesso',
  about:
    'Oltre alla password, le persone possono accedere con il provider aziendale. Chi accede così ha comunque bisogno di un invito.',
  names: { oidc: 'OpenID Connect', google: 'Google' },
  fromEnvironment: 'Impostato nell’ambiente del server ({{issuer}}), e modificabile solo lì.',
  name: 'Nome sul pulsante',
  nameAbout: 'Come in «Continua con …».',
  issuer: 'Issuer',
  issuerAbout: 'Il suo indirizzo, per esempio https://login.example.org.',
  clientId: 'Client id',
  clientSecret: 'Client secret',
  secretSet: 'È impostato. Lascia vuoto per mantenerlo.',
  show: 'Mostra il segreto',
  enabled: 'Utilizzabile',
  redirect: 'URI di reindirizzamento, da indicare al provider:',
  save: 'Salva',
  saved: 'Salvato',
  remove: 'Rimuovi',
  removed: 'Nessuno accede più con esso.',
  removeTitle: 'Rimuovere questo provider?',
  removeAbout:
    'Nessuno potrà più accedere tramite esso. Chi non ha una password avrà bisogno di un link.',
} as const satisfies SameTexts<typeof english>

/** Italian: the settings of a tenant. */
import type { settings as english } from '../en/settings.ts'
import type { SameTexts } from '../texts.ts'

export const settings = {
  title: 'Impostazioni',
  about: 'Ciò che vale per tutto il tenant.',
  saved: 'Salvato',
  save: 'Salva',
  tenant: {
    title: 'Tenant',
    name: 'Nome',
    nameAbout: 'Come lo vedono le persone, per esempio negli inviti.',
    language: 'Lingua',
    languageAbout: 'Dei testi scritti da Carillon stesso, come il rapporto giornaliero.',
    timeZone: 'Fuso orario',
    timeZoneAbout: 'Per finestre d’invio, pianificazioni, rapporti e tutti gli orari mostrati qui.',
    noZone: 'Nessun fuso orario con questo nome',
  },
  limits: {
    title: 'Limiti e conservazione',
    about: 'Decisi dagli amministratori della piattaforma.',
    retention: 'Eventi e consegne si conservano',
    forever: 'per sempre',
    days_one: '{{count, number}} giorno',
    days_other: '{{count, number}} giorni',
    subscriptions: 'Richieste sulle iscrizioni al minuto',
    triggers: 'Attivazioni di un’iscrizione al minuto',
    events: 'Richieste con eventi al minuto',
    hooks: 'Chiamate al webhook di un’integrazione al minuto',
    unlimited: 'senza limite',
  },
  report: {
    title: 'Rapporto giornaliero',
    about: 'I numeri di ieri via e-mail, ogni mattina.',
    enabled: 'Invialo',
    recipients: 'Destinatari',
    recipientsAbout: 'Indirizzi e-mail; premi Invio dopo ciascuno.',
    at: 'Alle',
    atAbout: 'Nel fuso orario del tenant.',
    next: 'Prossimo',
    last: 'Ultimo giorno riportato',
    problem: 'Non può partire:',
    preview: 'Mostra il rapporto di ieri',
    close: 'Chiudi',
  },
} as const satisfies SameTexts<typeof english>

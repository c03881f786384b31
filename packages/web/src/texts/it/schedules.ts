/** Italiano: le pianificazioni. */
import type { schedules as english } from '../en/schedules.ts'
import type { SameTexts } from '../texts.ts'

export const schedules = {
  title: 'Pianificazioni',
  about: 'Orari che creano eventi da soli: resoconti, promemoria, somme della giornata.',
  add: 'Aggiungi una pianificazione',
  new: 'Nuova pianificazione',
  create: 'Crea',
  save: 'Salva',
  saved: 'Salvato.',
  run: 'Esegui ora',
  ran: 'Eseguita.',
  changed: 'Modificata',
  next: 'I prossimi orari',
  columns: { name: 'Nome', state: 'Stato', pattern: 'Orario', what: 'Crea', next: 'Prossima' },
  empty: {
    title: 'Nulla parte ancora a orario',
    text: 'Una pianificazione crea un evento a orari fissi in un fuso orario; regole e iscrizioni fanno il resto.',
  },
  tabs: { what: 'Che cosa fa', change: 'Modifica' },
  fields: {
    name: 'Nome',
    pattern: 'Orario',
    patternAbout:
      'Minuto, ora, giorno del mese, mese, giorno della settimana: 30 5 * * 1-5. Oppure @daily, @hourly.',
    timeZone: 'Fuso orario',
    subscriptionId: 'Va agli iscritti di',
    subscriptionAbout: 'Vuoto: sono le regole a decidere che cosa succede.',
    eventType: 'Tipo dell’evento',
    eventTypeAbout: 'Serve alle regole per riconoscerlo.',
    data: 'Dati dell’evento',
    dataAbout: 'Un oggetto JSON; lo leggono modelli e funzioni.',
    dataBroken: 'Non è un oggetto JSON.',
    missed: 'Orari passati mentre nulla era in funzione',
    enabled: 'Attiva',
  },
  missed: {
    skip: 'Saltali',
    once: 'Recuperali tutti con una sola esecuzione',
    all: 'Eseguili tutti (al massimo 100)',
  },
  runs: {
    title: 'Che cosa ha fatto',
    none: 'Non è ancora stata eseguita.',
    due: 'Prevista',
    result: 'Esito',
    event: 'Evento',
    show: 'Mostra',
    good: 'Riuscita',
    failed: 'Fallita',
    byHand: 'a mano',
    missed_one: '{{count}} orario saltato prima',
    missed_other: '{{count}} orari saltati prima',
  },
  delete: {
    button: 'Elimina',
    question: 'Eliminare "{{name}}"?',
    about: 'Non partirà più. Gli eventi che ha creato restano agli atti.',
  },
} as const satisfies SameTexts<typeof english>

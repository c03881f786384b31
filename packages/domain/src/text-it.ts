/** The built-in texts in Italian: the words that users of the PEC notifier know, unchanged. */
import type { BuiltinWords } from './builtin-words.ts'

export const textIt: BuiltinWords = {
  mail: {
    heading: 'Nuovo messaggio PEC',
    type: 'Tipo',
    from: 'Da',
    mailbox: 'Casella',
    subject: 'Oggetto',
    noSubject: '(senza oggetto)',
    unknownSender: 'mittente sconosciuto',
    unknownMailbox: 'casella sconosciuta',
    pecTypes: {
      posta_certificata: 'PEC',
      accettazione: 'Ricevuta di Accettazione',
      non_accettazione: 'Ricevuta di Non Accettazione',
      presa_in_carico: 'Ricevuta di Presa in Carico',
      avvenuta_consegna: 'Ricevuta di Avvenuta Consegna',
      mancata_consegna: 'Ricevuta di Mancata Consegna',
      errore_consegna: 'Ricevuta di Errore Consegna',
      preavviso_mancata_consegna: 'Preavviso Mancata Consegna',
      rilevazione_virus: 'Rilevazione Virus',
      unknown: 'Messaggio',
    },
  },
  status: {
    heading: 'Cambio di stato',
    subject: 'Oggetto',
    state: 'Stato',
    noSubject: '(senza oggetto)',
    unknownState: 'sconosciuto',
  },
}

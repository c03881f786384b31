/** The built-in texts in English. The kinds of certified mail follow the terms of RFC 6109. */
import type { BuiltinWords } from './builtin-words.ts'

export const textEn: BuiltinWords = {
  mail: {
    heading: 'New PEC message',
    type: 'Type',
    from: 'From',
    mailbox: 'Mailbox',
    subject: 'Subject',
    noSubject: '(no subject)',
    unknownSender: 'unknown sender',
    unknownMailbox: 'unknown mailbox',
    pecTypes: {
      posta_certificata: 'Certified mail',
      accettazione: 'Acceptance receipt',
      non_accettazione: 'Non-acceptance receipt',
      presa_in_carico: 'Take-in-charge receipt',
      avvenuta_consegna: 'Delivery receipt',
      mancata_consegna: 'Non-delivery receipt',
      errore_consegna: 'Delivery error receipt',
      preavviso_mancata_consegna: 'Advance notice of non-delivery',
      rilevazione_virus: 'Virus detection notice',
      unknown: 'Message',
    },
  },
  status: {
    heading: 'Status changed',
    subject: 'Subject',
    state: 'State',
    noSubject: '(no subject)',
    unknownState: 'unknown',
  },
}

/** What a language must have for the built-in texts. A third language is one more file such as `text-it.ts`. */

/** The kinds of certified mail, as `data.pec_type` of a `mail.received` event names them. */
export type PecType =
  | 'posta_certificata'
  | 'accettazione'
  | 'non_accettazione'
  | 'presa_in_carico'
  | 'avvenuta_consegna'
  | 'mancata_consegna'
  | 'errore_consegna'
  | 'preavviso_mancata_consegna'
  | 'rilevazione_virus'
  | 'unknown'

/** The words of one language; plain text, single lines. */
export type BuiltinWords = {
  readonly mail: {
    readonly heading: string
    readonly type: string
    readonly from: string
    readonly mailbox: string
    readonly subject: string
    readonly noSubject: string
    readonly unknownSender: string
    readonly unknownMailbox: string
    readonly pecTypes: Readonly<Record<PecType, string>>
  }
  readonly status: {
    readonly heading: string
    readonly subject: string
    readonly state: string
    readonly noSubject: string
    readonly unknownState: string
  }
}

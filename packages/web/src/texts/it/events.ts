/** Italian: events. */
import type { events as english } from '../en/events.ts'
import type { SameTexts } from '../texts.ts'

export const events = {
  title: 'Eventi',
  about: 'Che cosa è arrivato, da chi, e che cosa ne è seguito.',
  columns: { type: 'Tipo', source: 'Fonte', subject: 'Oggetto', accepted: 'Accettato' },
  filters: { type: 'Inizio di un tipo', source: 'Fonte, esatta' },
  tabs: { what: 'Che cosa dice' },
  facts: { sourceId: 'Id presso la fonte', time: 'Accaduto' },
  data: 'Dati',
  deliveries: 'Che cosa ne è seguito',
  noDeliveries:
    'Non ne è seguita alcuna consegna. Chiedi perché: forse nessuna regola corrisponde.',
  allDeliveries: 'Tutte le consegne di questo evento',
  explain: "Chi l'ha ricevuto, e perché?",
  again: 'Che cosa succederebbe ora?',
  empty: {
    title: 'Non è ancora arrivato alcun evento',
    text: 'Gli eventi sono inviati dalle tue applicazioni, letti da fonti come le caselle di posta, o creati dalle pianificazioni.',
    action: 'Alle fonti',
  },
  nothingFits: {
    title: 'Nessun evento corrisponde',
    text: "Il filtro è l'inizio di un tipo, per esempio order.",
    clear: 'Togli tutti i filtri',
  },
} as const satisfies SameTexts<typeof english>

/** Italiano: moduli ricavati dagli schemi. */
import type { forms as english } from '../en/forms.ts'
import type { SameTexts } from '../texts.ts'

export const forms = {
  list: 'Più valori: separali con Invio o una virgola',
  secret: {
    set: 'Impostato. Non viene più mostrato.',
    removed: 'Verrà tolto al salvataggio.',
    replace: 'Sostituisci',
    remove: 'Togli',
    anew: 'Creane uno nuovo',
    keep: 'Tienilo',
    made: 'Se lo lasci vuoto, ne viene creato uno e mostrato una volta sola.',
    show: 'Mostra o nascondi il testo',
  },
  record: { name: 'Nome', value: 'Valore', add: 'Aggiungi una riga', remove: 'Togli {{name}}' },
  group: { open: 'Aggiungi', openNamed: 'Aggiungi {{name}}' },
  json: { broken: 'Non è JSON valido.' },
  problems: {
    missing: 'Obbligatorio.',
    least: 'Almeno {{bound}}.',
    most: 'Al massimo {{bound}}.',
    longest: 'Al massimo {{bound}} caratteri.',
  },
} as const satisfies SameTexts<typeof english>

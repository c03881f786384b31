/** Italian: explanations. The codes are those of `POST /explain`. */
import type { explain as english } from '../en/explain.ts'
import type { SameTexts } from '../texts.ts'

export const explain = {
  title: 'Spiega',
  about: 'Perché qualcuno ha ricevuto un messaggio, o no; e se lo riceverebbe.',
  mode: 'Che cosa si chiede',
  id: 'Evento o consegna',
  idAbout: 'evt_… o dlv_…, come negli elenchi e nei pannelli',
  person: 'Persona',
  personAbout: 'Un indirizzo, un id utente, con_…; vuoto: tutti',
  ask: 'Spiega',
  event: 'Evento',
  eventAbout: 'Che cosa arriverebbe, in JSON. Non si invia nulla.',
  broken: 'Questo non è JSON: {{problem}}',
  decisions: 'Decisioni',
  somebody: 'Qualcuno',
  asNow:
    'Ciò che è stato inviato viene dal registro; le regole che non hanno creato nulla sono giudicate come sono ora.',
  byApi: 'Lo stesso via API',
  modes: { past: 'Che cosa è successo', typed: 'Che cosa succederebbe' },
  verdicts: { yes: 'Sì', no: 'No', wait: 'Attende', info: 'Nota' },
  empty: {
    title: "L'ha ricevuto?",
    text: "Indica l'id di un evento o di una consegna, e se vuoi la persona. Oppure passa a che cosa succederebbe, e scrivi un evento.",
  },
  codes: {
    event_received: 'Evento {{type}} ricevuto da {{source}}',
    event_typed: 'Evento {{type}}, come è stato scritto',
    no_rules: 'Questo tenant non ha regole',
    rules_of_other_types: 'Regole per altri tipi di eventi: {{count}}',
    rule_matched: 'La regola "{{name}}" corrisponde ({{held}} di {{of}} condizioni)',
    rule_matches_now:
      'La regola "{{name}}" corrisponde com\'è ora ({{held}} di {{of}} condizioni), e allora non creò consegne',
    rule_disabled: 'La regola "{{name}}" è spenta',
    rule_conditions_failed:
      'La regola "{{name}}" non corrisponde: valgono {{held}} di {{of}} condizioni',
    condition_holds: '{{path}} {{operator}} {{expected}}: è {{actual}}',
    condition_fails: '{{path}} {{operator}} {{expected}}: è {{actual}}',
    rule_writes_to_others: 'Scrive a {{to}}, e non a {{person}}',
    rule_publishes: 'Pubblica sulla sottoscrizione "{{label}}"',
    subscription_disabled: 'La sottoscrizione "{{label}}" è spenta',
    function_decides: 'La funzione di "{{label}}" decide chi riceve che cosa: provala con un avvio',
    not_registered: '{{person}} non è registrato per "{{label}}"',
    nobody_registered: 'Nessuno è registrato per "{{label}}"',
    registrations: 'Registrazioni per "{{label}}": {{count}}',
    registration_off: 'La registrazione via {{channel}} a {{to}} è spenta',
    registration_found: 'Registrato via {{channel}} con {{to}}',
    no_default_integration: 'Non c\'è un\'integrazione predefinita per il canale "{{channel}}"',
    no_text: 'La sottoscrizione non ha un testo per il canale "{{channel}}"',
    step_possible: 'Passo {{step}}: {{channel}} con "{{integration}}" a {{to}}',
    step_no_address: 'Passo {{step}} saltato: {{reason}}',
    step_suppressed: 'Passo {{step}} saltato: {{to}} è soppresso ({{reason}}) dal {{since}}',
    step_integration_off: 'Passo {{step}} saltato: "{{integration}}" è {{reason}}',
    step_breaker_open:
      'Passo {{step}}: l\'interruttore di "{{integration}}" è aperto fino a {{until}} ({{reason}})',
    step_not_reached: 'Il passo {{step}} non serve',
    provider_wait:
      'Il fornitore di "{{integration}}" ha chiesto a tutti di attendere fino a {{until}}',
    fan_out: 'Andato alla sottoscrizione "{{label}}": ricevuto da {{made}}, non da {{skipped}}',
    fan_out_failed: 'La sottoscrizione "{{label}}" non si è potuta espandere: {{reason}}',
    delivery: 'Consegna via {{channel}} a {{to}}: {{state}}',
    attempt: 'Tentativo {{number}}: {{outcome}} {{httpStatus}} dopo {{ms}} ms. {{reason}}',
    passed_over: 'Passo {{step}} saltato: {{reason}}',
    waits: 'Attende ({{reason}}) fino a {{until}}',
    ended: '{{state}}: {{reason}}',
    receipt: 'Ricevuta: {{kind}}',
    would_get_now:
      '{{person}} lo riceverebbe subito, via {{channel}} con "{{integration}}" a {{to}}',
    would_get_at:
      '{{person}} lo riceverebbe il {{at}}, via {{channel}} con "{{integration}}" a {{to}}',
    would_get_nothing: '{{person}} non riceverebbe nulla, perché: {{because}}',
    got: '{{person}} lo ha ricevuto via {{channel}} il {{at}} ({{state}})',
    not_yet: '{{person}} non lo ha ancora ricevuto: {{because}}; prossimo tentativo {{at}}',
    got_nothing: '{{person}} non ha ricevuto nulla, perché: {{because}}',
  },
} as const satisfies SameTexts<typeof english>

/** Italian: the monitor. */
import type { monitor as english } from '../en/monitor.ts'
import type { SameTexts } from '../texts.ts'

export const monitor = {
  title: 'Monitor',
  about: 'La sala macchine di tutta l’installazione, com’è adesso.',
  stuck: 'Senza progressi da un minuto:',
  throughput: {
    title: 'Flusso',
    created: 'Nuove consegne',
    attempts: 'Chiamate ai fornitori',
    perSecond: '{{rate}} al secondo',
    today: '{{number}} oggi (UTC)',
  },
  lanes: {
    title: 'In attesa',
    none: 'Nulla in attesa.',
    moreThan: 'più di {{number}}',
  },
  slow: {
    title: 'Integrazioni più lente dell’ultima ora',
    none: 'Nell’ultima ora non è stato inviato nulla.',
  },
  columns: {
    name: 'Integrazione',
    tenant: 'Tenant',
    priority: 'Corsia',
    breaker: 'Interruttore',
    due: 'Dovute',
    waiting: 'In attesa',
    oldest: 'Dovuta da più tempo',
    exchanges: 'Chiamate',
    p50: 'Metà entro',
    p95: '95% entro',
  },
  priorities: { transactional: 'Messaggi singoli', bulk: 'Campagne' },
  breakers: { closed: 'Funziona', open: 'Fermata', half_open: 'In prova' },
  process: {
    title: 'Processo e worker',
    version: 'Versione',
    startedAt: 'Avviato',
    memory: 'Memoria di questo processo',
    database: 'Database',
    worker: 'Worker di questo processo',
    noWorker: 'nessuno: questo processo serve solo l’API',
    workerHolds: '{{lanes}} corsie, {{waiting}} in attesa, {{inFlight}} in corso',
    workers: 'Worker con qualcosa in mano',
    allIdle: 'nessuno in questo momento',
    sending: '{{number}} in invio',
  },
} as const satisfies SameTexts<typeof english>

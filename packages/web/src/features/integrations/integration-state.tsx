/** How an integration fares, in a word: off, paused, its breaker, or well. */
import { useTranslation } from 'react-i18next'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { useNow } from '../../components/use-now.ts'
import type { Integration } from './queries.ts'

type State = 'off' | 'open' | 'halfOpen' | 'paused' | 'failing' | 'well'

const tones: Readonly<Record<State, Tone>> = {
  off: 'neutral',
  open: 'bad',
  halfOpen: 'warning',
  paused: 'waiting',
  failing: 'warning',
  well: 'good',
}

/** The worst that can be said of it now. */
export const stateOf = (
  { enabled, health }: Pick<Integration, 'enabled' | 'health'>,
  nowMs: number,
): State => {
  if (!enabled) return 'off'
  if (health.breaker.state === 'open') return 'open'
  if (health.breaker.state === 'half_open') return 'halfOpen'
  if (health.pausedUntil !== null && Date.parse(health.pausedUntil) > nowMs) return 'paused'
  return health.breaker.failures > 0 ? 'failing' : 'well'
}

const refreshMs = 20_000

/** The state as a badge. */
export const IntegrationState = ({ integration }: { readonly integration: Integration }) => {
  const { t } = useTranslation('integrations')
  const state = stateOf(integration, useNow(refreshMs))
  return <StateBadge tone={tones[state]} label={t(`states.${state}`)} />
}

/** The state of a delivery as a badge; one that waits says what for. */
import type { DeliveriesGetAnswer } from '@carillon/client/api.gen'
import { useTranslation } from 'react-i18next'
import { StateBadge } from '../../components/state-badge.tsx'
import { toneOf, type DeliveryState } from './states.ts'

type PendingReason = NonNullable<DeliveriesGetAnswer['pendingReason']>

type Props = { readonly state: DeliveryState; readonly reason?: PendingReason | null }

/** Needs the texts `deliveries`. */
export const DeliveryStateBadge = ({ state, reason = null }: Props) => {
  const { t } = useTranslation('deliveries')
  const isHeld = reason === 'breaker_open' || reason === 'paused'
  const label = state === 'pending' ? waitWord(t, reason) : t(`states.${state}`)
  return <StateBadge tone={isHeld ? 'warning' : toneOf[state]} label={label} />
}

type Words = ReturnType<typeof useTranslation<'deliveries'>>['t']

/** Reasons that are more than "soon" are named. */
const waitWord = (t: Words, reason: PendingReason | null): string =>
  reason === null || reason === 'scheduled' || reason === 'released' || reason === 'next_step'
    ? t('states.pending')
    : t(`waits.${reason}`)

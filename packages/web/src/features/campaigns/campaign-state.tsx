/** The state of a campaign, or of one of its deliveries, as a word. */
import { useTranslation } from 'react-i18next'
import { StateBadge } from '../../components/state-badge.tsx'
import type { Campaign } from './queries.ts'
import { campaignTones, deliveryTones, type DeliveryState } from './states.ts'

/** A canceled one is "being canceled" until nothing of it waits any more. */
export const CampaignStateBadge = ({
  campaign: { state, startedAt, finishedAt },
}: {
  readonly campaign: Pick<Campaign, 'state' | 'startedAt' | 'finishedAt'>
}) => {
  const { t } = useTranslation('campaigns')
  const isEnding = state === 'canceled' && startedAt !== null && finishedAt === null
  return (
    <StateBadge
      tone={isEnding ? 'busy' : campaignTones[state]}
      label={isEnding ? t('canceling') : t(`states.${state}`)}
    />
  )
}

/** For the lines of the ledger. */
export const DeliveryStateBadge = ({ state }: { readonly state: DeliveryState }) => {
  const { t } = useTranslation('campaigns')
  return <StateBadge tone={deliveryTones[state]} label={t(`deliveryStates.${state}`)} />
}

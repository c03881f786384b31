/** The start of a member: what a member can do here. */
import { EmptyState } from '../../components/empty-state.tsx'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../app/session.ts'
import { LinkButton } from '../../components/link-button.tsx'

/** Leads to one's own subscriptions. */
export const OwnStart = () => {
  const { t } = useTranslation('overview')
  const { name, tenantName } = useMe()
  return (
    <EmptyState
      icon="bell"
      title={t('own.title', { name })}
      text={t('own.text', { tenant: tenantName ?? '' })}
      action={<LinkButton to="/my-subscriptions">{t('own.action')}</LinkButton>}
    />
  )
}

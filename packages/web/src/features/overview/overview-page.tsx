/** How things stand today. Not for single deliveries. */
import { useTranslation } from 'react-i18next'
import { Page } from '../../components/page.tsx'

/** The page at /. */
export const OverviewPage = () => {
  const { t } = useTranslation('overview')
  return <Page title={t('title')}>{null}</Page>
}

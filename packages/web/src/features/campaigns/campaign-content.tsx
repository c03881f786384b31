/** What a campaign says, as its recipients read it. Changing it is `edit-campaign-page.tsx`. */
import { Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { JsonView } from '../../components/json-view.tsx'
import { Section } from '../../components/section.tsx'
import type { Campaign } from './queries.ts'
import { SamplePreview } from './sample-preview.tsx'

/** The third tab of a campaign's page. */
export const CampaignContent = ({ campaign }: { readonly campaign: Campaign }) => {
  const { t } = useTranslation('campaigns')
  const { content, filter, route, dailyWindow, retry, rate } = campaign
  return (
    <Stack gap="lg">
      <SamplePreview content={content} filter={filter} route={route} />
      <Section title={t('settings')}>
        <JsonView value={{ filter, route, dailyWindow, retry, rate }} />
      </Section>
    </Stack>
  )
}

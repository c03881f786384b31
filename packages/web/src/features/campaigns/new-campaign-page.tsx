/** A new campaign, from nothing, like another one, or for the contacts with a tag. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Page } from '../../components/page.tsx'
import { useNow } from '../../components/use-now.ts'
import { Waiting } from '../../components/waiting.tsx'
import { CampaignEditor } from './campaign-editor.tsx'
import { bodyOf, emptyValues, valuesOf, type EditorValues } from './editor-values.ts'
import { campaignQuery } from './queries.ts'

const route = getRouteApi('/app/campaigns/new')
const hourMs = 3_600_000

/** The page at /campaigns/new. */
export const NewCampaignPage = () => {
  const { t } = useTranslation('campaigns')
  const { copy, tag } = route.useSearch()
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const nowMs = useNow(hourMs)
  const source = useQuery({ ...campaignQuery(copy ?? ''), enabled: copy !== undefined })
  const create = async (values: EditorValues): Promise<void> => {
    const { id } = await api.campaigns.create(bodyOf(values))
    await queries.invalidateQueries({ queryKey: ['campaigns', 'list'] })
    await navigate({ to: '/campaigns/$id', params: { id } })
  }
  if (copy !== undefined && source.data === undefined)
    return (
      <Page title={t('new')}>
        <ErrorNotice error={source.error} />
        {source.isPending ? <Waiting lines={10} /> : null}
      </Page>
    )
  const empty = emptyValues(nowMs)
  const initial =
    source.data === undefined
      ? { ...empty, filter: { ...empty.filter, tags: tag === undefined ? [] : [tag] } }
      : valuesOf(source.data, { nowMs, isCopy: true })
  return (
    <Page title={t('new')} about={t('newAbout')}>
      <CampaignEditor initial={initial} isRunning={false} startsOnSave onSave={create} />
    </Page>
  )
}

/** The page that changes a rule. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Page } from '../../components/page.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { ruleQuery, type RuleBody } from './queries.ts'
import { RuleForm } from './rule-form.tsx'

const route = getRouteApi('/app/rules/$id/edit')

/** The page at /rules/<id>/edit. */
export const EditRulePage = () => {
  const { t } = useTranslation('rules')
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const query = useQuery(ruleQuery(id))
  const save = async (body: RuleBody): Promise<void> => {
    await api.rules.replace(id, body)
    await queries.invalidateQueries({ queryKey: ['rules'] })
    await navigate({ to: '/rules/$id', params: { id } })
  }
  return (
    <Page title={query.data?.name ?? t('change')} about={t('newAbout')}>
      <ErrorNotice error={query.error} />
      {query.isPending ? <Waiting /> : null}
      {query.data === undefined ? null : (
        <RuleForm rule={query.data} onSave={save} saveLabel={t('save')} />
      )}
    </Page>
  )
}

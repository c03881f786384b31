/** The page that makes a rule. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { Page } from '../../components/page.tsx'
import type { RuleBody } from './queries.ts'
import { RuleForm } from './rule-form.tsx'

/** The page at /rules/new. */
export const NewRulePage = () => {
  const { t } = useTranslation('rules')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const save = async (body: RuleBody): Promise<void> => {
    const { id } = await api.rules.create(body, { idempotencyKey: crypto.randomUUID() })
    await queries.invalidateQueries({ queryKey: ['rules'] })
    await navigate({ to: '/rules/$id', params: { id } })
  }
  return (
    <Page title={t('new')} about={t('newAbout')}>
      <RuleForm onSave={save} saveLabel={t('create')} />
    </Page>
  )
}

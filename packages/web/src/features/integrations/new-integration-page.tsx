/** A new integration of one connector: what to prepare, the form, then the secrets that were made, once. */
import { Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Page } from '../../components/page.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { GeneratedSecrets } from './generated-secrets.tsx'
import { IntegrationForm, type IntegrationValues } from './integration-form.tsx'
import { connectorsQuery, integrationsQuery } from './queries.ts'

const route = getRouteApi('/app/integrations/new/$connector')

type Made = { readonly id: string; readonly secrets: Readonly<Record<string, string>> }

/** Makes the integration; what the tenant's first of a channel is by default is left to the server. */
const createFrom = async (connector: string, values: IntegrationValues): Promise<Made> => {
  const { isDefault, limits, breaker, ...rest } = values
  const made = await api.integrations.create({
    ...rest,
    connector,
    ...(limits === null ? {} : { limits }),
    ...(breaker === null ? {} : { breaker }),
    ...(isDefault ? { isDefault } : {}),
  })
  return { id: made.id, secrets: made.generatedSecrets ?? {} }
}

/** The page at /integrations/new/<connector>. */
export const NewIntegrationPage = () => {
  const { t } = useTranslation('integrations')
  const { connector: id } = route.useParams()
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const { data, error, isPending } = useQuery(connectorsQuery)
  const [made, setMade] = useState<Made>()
  const connector = data?.find((one) => one.id === id)
  const open = (integration: string): void =>
    void navigate({ to: '/integrations/$id', params: { id: integration }, search: { tab: 'try' } })
  const save = async (values: IntegrationValues): Promise<void> => {
    const result = await createFrom(id, values)
    await queries.invalidateQueries({ queryKey: integrationsQuery.queryKey })
    if (Object.keys(result.secrets).length === 0) open(result.id)
    else setMade(result)
  }
  return (
    <Page title={t('new.title', { connector: connector?.name ?? id })}>
      <LinkText to="/integrations/new">{t('new.another')}</LinkText>
      <ErrorNotice error={error} />
      {isPending ? <Waiting lines={8} /> : null}
      {made === undefined ? null : (
        <GeneratedSecrets secrets={made.secrets} onDone={() => open(made.id)} />
      )}
      {!isPending && connector === undefined ? <Text>{t('new.unknown', { id })}</Text> : null}
      {connector === undefined || made !== undefined ? null : (
        <Stack>
          <Text maw="44rem" className="prose">
            {connector.docs}
          </Text>
          <IntegrationForm connector={connector} onSave={save} saveLabel={t('new.save')} />
        </Stack>
      )}
    </Page>
  )
}

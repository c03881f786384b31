/** The first way out: which service, its settings, and whether it takes the credentials. */
import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { GeneratedSecrets } from '../integrations/generated-secrets.tsx'
import { IntegrationForm, type IntegrationValues } from '../integrations/integration-form.tsx'
import { Credentials } from '../integrations/integration-try.tsx'
import { connectorsQuery, integrationsQuery, type ConnectorView } from '../integrations/queries.ts'

type Props = { readonly onDone: (integration: string) => void }

type Made = {
  readonly id: string
  readonly canVerify: boolean
  readonly secrets: Readonly<Record<string, string>>
}

/** Service, form, then "test credentials". */
export const FirstIntegration = ({ onDone }: Props) => {
  const [made, setMade] = useState<Made>()
  return made === undefined ? (
    <Choose onMade={setMade} />
  ) : (
    <TryCredentials made={made} onDone={() => onDone(made.id)} />
  )
}

const create = async (
  connector: ConnectorView,
  { name, settings, secrets }: IntegrationValues,
): Promise<Made> => {
  const made = await api.integrations.create({ connector: connector.id, name, settings, secrets })
  return {
    id: made.id,
    canVerify: connector.canVerify,
    secrets: made.generatedSecrets ?? {},
  }
}

const Choose = ({ onMade }: { readonly onMade: (made: Made) => void }) => {
  const { t } = useTranslation('welcome')
  const queries = useQueryClient()
  const { data, error } = useQuery(connectorsQuery)
  const [chosen, setChosen] = useState<string>('smtp')
  if (data === undefined)
    return error === null ? <Waiting lines={6} /> : <ErrorNotice error={error} />
  const senders = data.filter(({ channel }) => channel !== null)
  const connector = senders.find(({ id }) => id === chosen)
  const save = async (values: IntegrationValues): Promise<void> => {
    if (connector === undefined) return
    const made = await create(connector, values)
    await queries.invalidateQueries({ queryKey: integrationsQuery.queryKey })
    onMade(made)
  }
  return (
    <Stack gap="md">
      <Select
        label={t('service')}
        description={t('serviceAbout')}
        data={senders.map(({ id, name }) => ({ value: id, label: name }))}
        value={chosen}
        onChange={(id) => setChosen(id ?? 'smtp')}
        searchable
        allowDeselect={false}
        maw="28rem"
      />
      {connector === undefined ? null : (
        <>
          <Text c="dimmed">{connector.docs}</Text>
          <IntegrationForm
            key={connector.id}
            connector={connector}
            onSave={save}
            saveLabel={t('next')}
          />
        </>
      )}
    </Stack>
  )
}

const TryCredentials = ({ made, onDone }: { readonly made: Made; readonly onDone: () => void }) => {
  const { t } = useTranslation('welcome')
  if (Object.keys(made.secrets).length > 0)
    return <GeneratedSecrets secrets={made.secrets} onDone={onDone} />
  return (
    <Stack gap="md">
      {made.canVerify ? <Credentials id={made.id} /> : <Text>{t('noCheck')}</Text>}
      <Group>
        <Button onClick={onDone}>{t('toTest')}</Button>
      </Group>
    </Stack>
  )
}

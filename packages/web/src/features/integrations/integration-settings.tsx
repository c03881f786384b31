/** An integration's settings: changed in place; deleted when no rule needs it. */
import { Group, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DeleteButton } from '../../components/delete-button.tsx'
import { Section } from '../../components/section.tsx'
import { GeneratedSecrets } from './generated-secrets.tsx'
import { IntegrationForm, type IntegrationValues } from './integration-form.tsx'
import { integrationsQuery, type ConnectorView, type Integration } from './queries.ts'

type Props = { readonly integration: Integration; readonly connector: ConnectorView }

/** The form with what is set, and the way out. */
export const IntegrationSettings = ({ integration, connector }: Props) => {
  const { t } = useTranslation('integrations')
  const queries = useQueryClient()
  const [secrets, setSecrets] = useState<Readonly<Record<string, string>>>({})
  const save = async (values: IntegrationValues): Promise<void> => {
    const changed = await api.integrations.replace(integration.id, values)
    setSecrets(changed.generatedSecrets ?? {})
    notifications.show({ message: t('settings.saved') })
    await queries.invalidateQueries({ queryKey: integrationsQuery.queryKey })
  }
  return (
    <Stack gap="xl">
      {Object.keys(secrets).length === 0 ? null : (
        <GeneratedSecrets secrets={secrets} onDone={() => setSecrets({})} />
      )}
      <IntegrationForm
        key={integration.version}
        connector={connector}
        integration={integration}
        onSave={save}
        saveLabel={t('settings.save')}
      />
      <Deletion integration={integration} />
    </Stack>
  )
}

const Deletion = ({ integration }: Pick<Props, 'integration'>) => {
  const { t } = useTranslation('integrations')
  const navigate = useNavigate()
  return (
    <Section title={t('delete.title')}>
      <Group>
        <DeleteButton
          action={t('delete.button')}
          question={t('delete.question', { name: integration.name })}
          name={integration.name}
          remove={async () => await api.integrations.delete(integration.id)}
          changes={integrationsQuery.queryKey}
          gone={['integrations', integration.id]}
          onGone={async () => await navigate({ to: '/integrations' })}
        >
          {t('delete.about')}
        </DeleteButton>
      </Group>
    </Section>
  )
}

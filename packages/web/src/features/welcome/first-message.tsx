/** The first message: sent to oneself, and followed until it has arrived or it is known why not. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState, type SyntheticEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMe } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { integrationQuery, integrationsQuery } from '../integrations/queries.ts'
import { FollowDelivery } from './follow-delivery.tsx'

type Props = {
  /** Absent when one came by another way: then the tenant's newest one is taken. */
  readonly integrationId: string | undefined
  readonly onBack: () => void
}

const useIntegration = (id: string | undefined) => {
  const all = useQuery({ ...integrationsQuery, enabled: id === undefined })
  const newest = all.data?.find(({ channel }) => channel !== null)?.id
  const wanted = id ?? newest
  return useQuery({ ...integrationQuery(wanted ?? ''), enabled: wanted !== undefined })
}

/** Address, button, and the delivery as it goes. */
export const FirstMessage = ({ integrationId, onBack }: Props) => {
  const { t } = useTranslation('welcome')
  const me = useMe()
  const integration = useIntegration(integrationId)
  const isMail = integration.data?.channel === 'email'
  const [typed, setTyped] = useState<string>()
  const to = typed ?? (isMail ? me.email : '')
  const send = useMutation({
    mutationFn: async (id: string) => await api.integrations.sendTest(id, { to }),
  })
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    if (integration.data !== undefined) send.mutate(integration.data.id)
  }
  if (integration.data === undefined) {
    return (
      <Stack align="flex-start">
        <ErrorNotice error={integration.error} />
        <Text>{t('noIntegration')}</Text>
        <Button onClick={onBack}>{t('steps.integration')}</Button>
      </Stack>
    )
  }
  return (
    <Stack gap="md">
      <form onSubmit={submit}>
        <Stack gap="sm" maw="28rem">
          <TextInput
            label={t('to')}
            description={t('toAbout', { integration: integration.data.name })}
            required={integration.data.channel !== 'webhook'}
            value={to}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          <Group>
            <Button type="submit" loading={send.isPending}>
              {t('send')}
            </Button>
          </Group>
        </Stack>
      </form>
      <ErrorNotice error={send.error} />
      {send.data === undefined ? null : <FollowDelivery id={send.data.deliveryId} />}
      {send.data === undefined ? null : (
        <Group>
          <LinkButton to="/" variant="default">
            {t('done')}
          </LinkButton>
        </Group>
      )}
    </Stack>
  )
}

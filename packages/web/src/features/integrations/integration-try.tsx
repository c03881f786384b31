/** Does it work? The credentials, without sending anything; and a message to oneself, as a delivery like any other. */
import { Alert, Button, Group, List, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState, type SyntheticEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/section.tsx'
import { LinkText } from '../../components/link-text.tsx'
import type { ConnectorView, Integration } from './queries.ts'

type Props = { readonly integration: Integration; readonly connector: ConnectorView | undefined }

/** Two tries. */
export const IntegrationTry = ({ integration, connector }: Props) => (
  <Stack gap="xl" maw="44rem">
    {connector?.canVerify === true ? <Credentials id={integration.id} /> : null}
    {integration.channel === null ? null : <SendTest integration={integration} />}
  </Stack>
)

type Answer = Awaited<ReturnType<typeof api.integrations.test>>

const Verdict = ({ answer }: { readonly answer: Answer }) => {
  const { t } = useTranslation('integrations')
  const words = [answer.error, answer.version, answer.detail].filter((text) => text !== undefined)
  return (
    <Alert
      role="status"
      color={answer.ok ? 'green' : 'red'}
      icon={<Icon name={answer.ok ? 'check' : 'alert'} size={18} />}
      title={answer.ok ? t('try.ok') : t('try.failed')}
    >
      {words.length === 0 ? null : <Text fz="sm">{words.join(' · ')}</Text>}
      {answer.warnings === undefined ? null : (
        <List size="sm">
          {answer.warnings.map((warning) => (
            <List.Item key={warning}>{warning}</List.Item>
          ))}
        </List>
      )}
    </Alert>
  )
}

/** "Test credentials". */
export const Credentials = ({ id }: { readonly id: string }) => {
  const { t } = useTranslation('integrations')
  const test = useMutation({ mutationFn: async () => await api.integrations.test(id) })
  return (
    <Section title={t('try.credentials')}>
      <Text c="dimmed">{t('try.credentialsAbout')}</Text>
      <Group>
        <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          {t('try.test')}
        </Button>
      </Group>
      <ErrorNotice error={test.error} />
      {test.data === undefined ? null : <Verdict answer={test.data} />}
    </Section>
  )
}

/** A message to an address of one's own. */
export const SendTest = ({ integration }: Pick<Props, 'integration'>) => {
  const { t } = useTranslation('integrations')
  const [to, setTo] = useState('')
  const [text, setText] = useState('')
  const send = useMutation({
    mutationFn: async () =>
      await api.integrations.sendTest(integration.id, { to, ...(text === '' ? {} : { text }) }),
  })
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    send.mutate()
  }
  return (
    <Section title={t('try.message')}>
      <Text c="dimmed">{t('try.messageAbout')}</Text>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label={t('try.to')}
            description={t(`try.toAbout.${integration.channel ?? 'other'}`, {
              defaultValue: t('try.toAbout.other'),
            })}
            required={integration.channel !== 'webhook'}
            value={to}
            onChange={({ currentTarget }) => setTo(currentTarget.value)}
          />
          <TextInput
            label={t('try.text')}
            value={text}
            maxLength={4_000}
            placeholder={t('try.textDefault')}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
          <Group>
            <Button type="submit" loading={send.isPending}>
              {t('try.send')}
            </Button>
          </Group>
        </Stack>
      </form>
      <ErrorNotice error={send.error} />
      {send.data === undefined ? null : (
        <Text role="status">
          {t('try.sent')}{' '}
          <LinkText to="/deliveries/$id" params={{ id: send.data.deliveryId }}>
            {send.data.deliveryId}
          </LinkText>
        </Text>
      )}
    </Section>
  )
}

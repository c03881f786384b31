/** A trigger by hand, what came of it, and what came of the ones before. */
import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/section.tsx'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { When } from '../../components/when.tsx'
import { ParametersInput, readParameters } from './parameters-input.tsx'
import { fanOutsQuery, type FanOut } from './queries.ts'

type Props = { readonly subscriptionId: string }

/** The third tab of a subscription's page. */
export const TriggerTab = ({ subscriptionId }: Props) => {
  const { t } = useTranslation('subscriptions')
  const queries = useQueryClient()
  const [parameters, setParameters] = useState('')
  const [isAsked, setAsked] = useState(false)
  const eventParameters = readParameters(parameters)
  const trigger = useMutation({
    mutationFn: async () =>
      await api.trigger.run(subscriptionId, { eventParameters: eventParameters ?? {} }),
    onSettled: async () => {
      setAsked(false)
      await queries.invalidateQueries({ queryKey: ['fan-outs', subscriptionId] })
      await queries.invalidateQueries({ queryKey: ['functions'] })
    },
  })
  return (
    <Stack gap="lg">
      <Stack gap="sm" maw="40rem">
        <Text c="dimmed">{t('trigger.about')}</Text>
        <ParametersInput value={parameters} onChange={setParameters} />
        <Group>
          <Button
            leftSection={<Icon name="send" />}
            disabled={eventParameters === undefined}
            onClick={() => setAsked(true)}
          >
            {t('trigger.action')}
          </Button>
        </Group>
        <ErrorNotice error={trigger.error} />
        {trigger.data === undefined ? null : <Result answer={trigger.data} />}
      </Stack>
      <FanOuts subscriptionId={subscriptionId} />
      <ConfirmWithCount
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        title={t('trigger.title')}
        action={t('trigger.action')}
        isDangerous={false}
        onConfirm={() => trigger.mutate()}
        isPending={trigger.isPending}
      >
        {t('trigger.text')}
      </ConfirmWithCount>
    </Stack>
  )
}

type Answer = Awaited<ReturnType<typeof api.trigger.run>>

const Result = ({ answer }: { readonly answer: Answer }) => {
  const { t } = useTranslation('subscriptions')
  const { success, messagesSent, skipped, pending = 0, errorMessage } = answer
  return (
    <Alert color={success ? 'green' : 'red'} role="status">
      <Text c="var(--mantine-color-text)">
        {success ? t('trigger.sent', { count: messagesSent }) : errorMessage}
      </Text>
      {skipped > 0 ? (
        <Text c="var(--mantine-color-text)">{t('trigger.skipped', { count: skipped })}</Text>
      ) : null}
      {pending > 0 ? (
        <Text c="var(--mantine-color-text)">{t('trigger.pending', { count: pending })}</Text>
      ) : null}
    </Alert>
  )
}

const tones: Readonly<Record<FanOut['state'], Tone>> = {
  open: 'busy',
  done: 'good',
  failed: 'bad',
  canceled: 'neutral',
}

const FanOuts = ({ subscriptionId }: Props) => {
  const { t, i18n } = useTranslation('subscriptions')
  const { data = [] } = useQuery(fanOutsQuery(subscriptionId))
  if (data.length === 0) return null
  return (
    <Section title={t('fanOuts.title')}>
      <Table.ScrollContainer minWidth={520}>
        <Table aria-label={t('fanOuts.title')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('fanOuts.when')}</Table.Th>
              <Table.Th scope="col">{t('fields.state')}</Table.Th>
              <Table.Th scope="col">{t('fanOuts.origin')}</Table.Th>
              <Table.Th scope="col" ta="end">
                {t('fanOuts.sent')}
              </Table.Th>
              <Table.Th scope="col">{t('fanOuts.why')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>
                  <When at={one.createdAt} />
                </Table.Td>
                <Table.Td>
                  <StateBadge tone={tones[one.state]} label={t(`fanOuts.states.${one.state}`)} />
                </Table.Td>
                <Table.Td>{t(`fanOuts.origins.${one.origin}`)}</Table.Td>
                <Table.Td ta="end">{wholeNumber(one.messagesSent, i18n.language)}</Table.Td>
                <Table.Td>{whyOf(one)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  )
}

const whyOf = ({ errorMessage, skips }: FanOut): string =>
  errorMessage ?? skips.map(({ reason, count }) => `${count} × ${reason}`).join('; ')

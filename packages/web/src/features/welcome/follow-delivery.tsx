/** One delivery as it goes, in a line: its state, and why when it failed. The whole story is on its own page. */
import { Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { Waiting } from '../../components/waiting.tsx'

const everyMs = 700
const moving: readonly string[] = ['pending', 'sending']
const arrived: readonly string[] = ['sent', 'delivered']

const toneOf = (state: string): Tone => {
  if (arrived.includes(state)) return 'good'
  return moving.includes(state) ? 'busy' : 'bad'
}

/** Asks until the delivery has ended. */
export const FollowDelivery = ({ id }: { readonly id: string }) => {
  const { t } = useTranslation('welcome')
  const { data, error } = useQuery({
    queryKey: ['deliveries', id],
    queryFn: async ({ signal }) => await api.deliveries.get(id, { signal }),
    refetchInterval: ({ state }) =>
      state.data === undefined || moving.includes(state.data.state) ? everyMs : false,
  })
  if (data === undefined)
    return error === null ? <Waiting lines={1} /> : <ErrorNotice error={error} />
  return (
    <Stack gap="xs" role="status">
      <Group gap="xs">
        <StateBadge tone={toneOf(data.state)} label={t(`states.${data.state}`)} />
        <Text>{data.to}</Text>
      </Group>
      {data.lastError === null ? null : <Text>{data.lastError}</Text>}
      {arrived.includes(data.state) ? <Text fw={500}>{t('arrived')}</Text> : null}
    </Stack>
  )
}

/** One delivery beside the list: where it stands, everything that happened to it, and what can be done. */
import { Alert, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useLive } from '../../app/live.ts'
import { Facts } from '../../components/facts.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { ObjectLink } from '../../components/object-link.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import { DeliveryActions } from './delivery-actions.tsx'
import { DeliveryStateBadge } from './delivery-state.tsx'
import { isFinal } from './states.ts'
import { Timeline } from './timeline.tsx'
import { useEventOf } from './use-event-of.ts'
import { useNames } from './use-names.ts'

const route = getRouteApi('/app/deliveries/$id')

export type DeliveryDetail = Awaited<ReturnType<typeof api.deliveries.get>>

/** One that is under way is asked for again also when no message came: the live stream may be cut. */
const refetchMs = 15_000

/** The panel at /deliveries/<id>. */
export const DeliveryPanel = () => {
  const { t } = useTranslation('deliveries')
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const search = route.useSearch()
  const query = useQuery({
    queryKey: ['deliveries', 'one', id],
    queryFn: async ({ signal }) => await api.deliveries.get(id, { signal }),
    refetchInterval: ({ state }) =>
      state.data !== undefined && isFinal(state.data.state) ? false : refetchMs,
  })
  useLive((message) => {
    if (message.kind === 'delivery' && message.data.id === id) void query.refetch()
  })
  return (
    <ObjectPanel
      query={query}
      title={id}
      onClose={async () => await navigate({ to: '/deliveries', search })}
      view={(delivery) => ({
        id,
        title: delivery.to === '' ? id : delivery.to,
        badge: <DeliveryStateBadge state={delivery.state} reason={delivery.pendingReason} />,
        tabs: [
          { id: 'what', label: t('tabs.what'), content: <What delivery={delivery} /> },
          { id: 'json', label: 'JSON', content: <JsonView value={delivery} /> },
        ],
        api: {
          call: { method: 'GET', path: `/api/v1/deliveries/${id}` },
          sdk: `deliveries.get('${id}')`,
        },
      })}
    />
  )
}

type Props = { readonly delivery: DeliveryDetail }

const What = ({ delivery }: Props) => {
  const { t } = useTranslation('deliveries')
  return (
    <Stack gap="md">
      <DeliveryActions delivery={delivery} />
      {delivery.possibleDuplicate ? (
        <Alert color="yellow" title={t('duplicate.title')}>
          {t('duplicate.text')}
        </Alert>
      ) : null}
      <Header delivery={delivery} />
      <Timeline delivery={delivery} />
    </Stack>
  )
}

const Header = ({ delivery }: Props) => {
  const { t } = useTranslation('deliveries')
  const names = useNames()
  const link = (type: string, id: string | null) =>
    id === null ? null : (
      <ObjectLink type={type} id={id}>
        {names.of(id)}
      </ObjectLink>
    )
  const isOpen = !isFinal(delivery.state)
  const event = useEventOf(delivery.event)
  const { channel } = useReason()
  return (
    <Facts
      items={[
        [
          t('columns.through'),
          <Group key="through" gap={6}>
            {link('integration', delivery.integration)}
            <Text span c="dimmed">
              {channel(delivery.channel)}
            </Text>
          </Group>,
        ],
        [
          t('facts.event'),
          <ObjectLink key="event" type="event" id={delivery.event}>
            {event === undefined
              ? delivery.event
              : `${event.type} · ${event.subject ?? event.source}`}
          </ObjectLink>,
        ],
        [t('facts.rule'), link('rule', delivery.rule)],
        [t('facts.subscription'), link('subscription', delivery.subscription)],
        [t('facts.campaign'), link('campaign', delivery.campaign)],
        [t('facts.userId'), delivery.userId],
        [t('facts.resendOf'), link('delivery', delivery.resendOf)],
        [t('columns.made'), <When key="made" at={delivery.createdAt} />],
        [
          t('facts.sentAt'),
          delivery.sentAt === null ? null : <When key="sent" at={delivery.sentAt} />,
        ],
        [t('facts.sendUntil'), isOpen ? <When key="until" at={delivery.sendUntil} /> : null],
      ]}
    />
  )
}

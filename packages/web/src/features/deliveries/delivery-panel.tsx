/** One delivery beside the list: where it stands, everything that happened to it, and what can be done. */
import { Alert, Group, Stack, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useLive } from '../../app/live.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { ObjectLink } from '../../components/object-link.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { DeliveryActions } from './delivery-actions.tsx'
import { DeliveryStateBadge } from './delivery-state.tsx'
import { isFinal } from './states.ts'
import { Timeline } from './timeline.tsx'
import { useNames } from './use-names.ts'

const route = getRouteApi('/app/deliveries/$id')

export type DeliveryDetail = Awaited<ReturnType<typeof api.deliveries.get>>

/** One that is under way is asked for again also when no message came: the live stream may be cut. */
const refetchMs = 15_000

/** The panel at /deliveries/<id>. */
export const DeliveryPanel = () => {
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
  const close = (): void => void navigate({ to: '/deliveries', search })
  const delivery = query.data
  if (delivery === undefined)
    return (
      <SidePanel title={id} onClose={close}>
        <ErrorNotice error={query.error} />
        {query.isPending ? <Waiting /> : null}
      </SidePanel>
    )
  return (
    <SidePanel
      title={delivery.to === '' ? id : delivery.to}
      badge={<DeliveryStateBadge state={delivery.state} reason={delivery.pendingReason} />}
      onClose={close}
    >
      <Parts delivery={delivery} />
    </SidePanel>
  )
}

type Props = { readonly delivery: DeliveryDetail }

const Parts = ({ delivery }: Props) => {
  const { t } = useTranslation('deliveries')
  return (
    <Tabs defaultValue="what" keepMounted={false}>
      <Tabs.List>
        <Tabs.Tab value="what">{t('tabs.what')}</Tabs.Tab>
        <Tabs.Tab value="json">JSON</Tabs.Tab>
        <Tabs.Tab value="api">API</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="what" pt="md">
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
      </Tabs.Panel>
      <Tabs.Panel value="json" pt="md">
        <JsonView value={delivery} />
      </Tabs.Panel>
      <Tabs.Panel value="api" pt="md">
        <ApiTab
          call={{ method: 'GET', path: `/api/v1/deliveries/${delivery.id}` }}
          sdk={`deliveries.get('${delivery.id}')`}
        />
      </Tabs.Panel>
    </Tabs>
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
  return (
    <Facts
      items={[
        ['ID', <CopyId key="id" id={delivery.id} />],
        [
          t('columns.through'),
          <Group key="through" gap={6}>
            {link('integration', delivery.integration)}
            <Text span c="dimmed">
              {delivery.channel}
            </Text>
          </Group>,
        ],
        [t('facts.event'), link('event', delivery.event)],
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

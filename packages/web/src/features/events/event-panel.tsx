/** One event beside the list: what it says, and what followed from it. */
import { Group, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useLive } from '../../app/live.ts'
import { explainScopes } from '../../app/explain-scopes.ts'
import { useMay } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icon.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { Section } from '../../components/section.tsx'
import { useReason } from '../../components/use-reason.ts'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { DeliveryStateBadge } from '../deliveries/delivery-state.tsx'

const route = getRouteApi('/app/events/$id')

type Event = Awaited<ReturnType<typeof api.events.get>>

/** The panel at /events/<id>. */
export const EventPanel = () => {
  const { t } = useTranslation('events')
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const search = route.useSearch()
  const query = useQuery({
    queryKey: ['events', 'one', id],
    queryFn: async ({ signal }) => await api.events.get(id, { signal }),
  })
  return (
    <ObjectPanel
      query={query}
      title={id}
      onClose={async () => await navigate({ to: '/events', search })}
      view={(event) => ({
        id,
        title: event.type,
        tabs: [{ id: 'what', label: t('tabs.what'), content: <What event={event} /> }],
        api: {
          call: { method: 'GET', path: `/api/v1/events/${id}` },
          sdk: `events.get('${id}')`,
        },
      })}
    />
  )
}

type Props = { readonly event: Event }

const What = ({ event }: Props) => {
  const { t } = useTranslation('events')
  const mayExplain = useMay(explainScopes)
  return (
    <Stack>
      {mayExplain ? (
        <Group gap="xs">
          <LinkButton
            to="/explain"
            search={{ eventId: event.id }}
            variant="default"
            leftSection={<Icon name="question" size={14} />}
          >
            {t('explain')}
          </LinkButton>
          <LinkButton to="/explain" search={{ from: event.id }} variant="default">
            {t('again')}
          </LinkButton>
        </Group>
      ) : null}
      <Facts
        items={[
          [t('columns.source'), event.source],
          [t('facts.sourceId'), event.sourceId],
          [t('columns.subject'), event.subject],
          [t('facts.time'), <When key="time" at={event.time} />],
          [t('columns.accepted'), <When key="accepted" at={event.acceptedAt} />],
        ]}
      />
      <Section title={t('data')}>
        <JsonView value={event.data} label={t('data')} />
      </Section>
      <Deliveries id={event.id} />
    </Stack>
  )
}

const shown = 50

/** What followed: each delivery with where it stands, live. */
const Deliveries = ({ id }: { readonly id: string }) => {
  const { t } = useTranslation('events')
  const may = useMay('deliveries:read')
  const reasons = useReason()
  const query = useQuery({
    queryKey: ['deliveries', 'ofEvent', id],
    queryFn: async ({ signal }) =>
      await api.deliveries.list({ event: id, limit: shown }, { signal }),
    enabled: may,
  })
  useLive((message) => {
    if (message.kind === 'delivery' && message.data.event === id) void query.refetch()
  })
  if (!may) return null
  const items = query.data?.items ?? []
  return (
    <Section title={t('deliveries')}>
      <ErrorNotice error={query.error} />
      {query.isPending ? <Waiting /> : null}
      {query.isSuccess && items.length === 0 ? <Text c="dimmed">{t('noDeliveries')}</Text> : null}
      {items.length === 0 ? null : (
        <Table aria-label={t('deliveries')}>
          <Table.Tbody>
            {items.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td miw="8rem" style={{ overflowWrap: 'anywhere' }}>
                  <LinkText to="/deliveries/$id" params={{ id: one.id }}>
                    {one.to === '' ? one.id : one.to}
                  </LinkText>
                  <Text c="dimmed" fz="xs">
                    {reasons.channel(one.channel)}
                  </Text>
                </Table.Td>
                <Table.Td ta="end">
                  <DeliveryStateBadge state={one.state} reason={one.pendingReason} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {(query.data?.nextCursor ?? null) === null ? null : (
        <LinkText to="/deliveries" search={{ event: id }}>
          {t('allDeliveries')}
        </LinkText>
      )}
    </Section>
  )
}

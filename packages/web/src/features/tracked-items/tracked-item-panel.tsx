/** One tracked item beside the list: its state, its people and documents, each look at it, look now. */
import { Alert, Button, Group, List, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { CopyId } from '../../components/copy-id.tsx'
import { DeleteButton } from '../../components/delete-button.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icon.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { Section } from '../../components/section.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import { IntegrationLink } from '../integrations/integration-link.tsx'
import { ItemLog } from './item-log.tsx'
import { tones, type Item } from './item-state.ts'
import { Participants } from './participants.tsx'
import { StateDiagram } from './state-diagram.tsx'

const route = getRouteApi('/app/tracked-items/$id')

/** The panel at /tracked-items/<id>. */
export const TrackedItemPanel = () => {
  const { t } = useTranslation('tracked-items')
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const query = useQuery({
    queryKey: ['tracked-items', 'one', id],
    queryFn: async ({ signal }) => await api.trackedItems.get(id, { signal }),
  })
  const close = async (): Promise<void> => await navigate({ to: '/tracked-items', search: true })
  return (
    <ObjectPanel
      query={query}
      title={id}
      onClose={close}
      view={(item) => ({
        id,
        title: item.reference ?? item.remoteId,
        badge: <StateBadge tone={tones[item.localState]} label={t(`states.${item.localState}`)} />,
        tabs: [
          { id: 'item', label: t('tabs.item'), content: <ItemPart item={item} onGone={close} /> },
          { id: 'log', label: t('tabs.log'), content: <ItemLog id={id} /> },
        ],
        api: {
          call: { method: 'GET', path: `/api/v1/tracked-items/${id}` },
          sdk: `trackedItems.get('${id}')`,
        },
      })}
    />
  )
}

type Props = { readonly item: Item; readonly onGone: () => Promise<void> }

const ItemPart = ({ item, onGone }: Props) => {
  const { t } = useTranslation('tracked-items')
  const { refusal } = item
  const { say } = useReason()
  return (
    <Stack>
      <StateDiagram item={item} />
      {refusal === null ? null : (
        <Alert color="red" icon={<Icon name="alert" size={18} />} title={t('refused')}>
          {[refusal.participant, refusal.reason].filter((word) => word !== undefined).join(': ')}{' '}
          <When at={refusal.at} />
        </Alert>
      )}
      {item.lastError === null ? null : (
        <Alert color="orange" icon={<Icon name="alert" size={18} />} title={t('columns.error')}>
          {say(item.lastError)}
        </Alert>
      )}
      <Actions item={item} onGone={onGone} />
      <Facts
        items={[
          [t('follow.remoteId'), <CopyId key="remote" id={item.remoteId} />],
          [t('columns.name'), item.name],
          [t('remoteState'), item.remoteState],
          [t('columns.synced'), <When key="synced" at={item.lastSyncedAt} />],
          [t('attempts'), item.syncAttempts],
          [t('open'), item.needsSync ? t('yes') : t('no')],
          [t('follow.integration'), <IntegrationLink key="int" id={item.integration} />],
        ]}
      />
      <Participants participants={item.participants} />
      <Documents item={item} />
      {Object.keys(item.metadata).length === 0 ? null : (
        <JsonView value={item.metadata} label={t('metadata')} />
      )}
    </Stack>
  )
}

const Documents = ({ item }: Pick<Props, 'item'>) => {
  const { t } = useTranslation('tracked-items')
  if (item.documents.length === 0) return null
  return (
    <Section title={t('documents')}>
      <List size="sm">
        {item.documents.map(({ id, name }) => (
          <List.Item key={id}>
            {name ?? id}{' '}
            <Text span c="dimmed" fz="xs">
              {name === null ? '' : id}
            </Text>
          </List.Item>
        ))}
      </List>
    </Section>
  )
}

const Actions = ({ item, onGone }: Props) => {
  const { t } = useTranslation('tracked-items')
  const queries = useQueryClient()
  const renew = async (): Promise<void> =>
    await queries.invalidateQueries({ queryKey: ['tracked-items'] })
  const sync = useMutation({
    mutationFn: async (force: boolean) => await api.trackedItems.sync(item.id, { force }),
    onSuccess: renew,
  })
  const name = item.reference ?? item.remoteId
  if (!useMay('syncs:write')) return null
  return (
    <Stack gap="xs">
      <Group>
        <Button loading={sync.isPending} onClick={() => sync.mutate(!item.needsSync)}>
          {item.needsSync ? t('sync') : t('force')}
        </Button>
        <DeleteButton
          action={t('forget.button')}
          question={t('forget.question', { name })}
          name={name}
          done={t('forget.done', { name })}
          remove={async () => await api.trackedItems.delete(item.id)}
          changes={['tracked-items']}
          gone={['tracked-items', 'one', item.id]}
          onGone={onGone}
        >
          {t('forget.about')}
        </DeleteButton>
      </Group>
      <ErrorNotice error={sync.error} />
    </Stack>
  )
}

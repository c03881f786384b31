/** One tracked item beside the list: its state, its people and documents, each look at it, look now. */
import { Alert, Button, Group, List, Stack, Tabs, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icon.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { Section } from '../../components/section.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { Waiting } from '../../components/waiting.tsx'
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
  const {
    data: item,
    error,
    isPending,
  } = useQuery({
    queryKey: ['tracked-items', id],
    queryFn: async ({ signal }) => await api.trackedItems.get(id, { signal }),
  })
  const close = (): void => void navigate({ to: '/tracked-items', search: true })
  if (item === undefined)
    return (
      <SidePanel title={id} onClose={close}>
        <ErrorNotice error={error} />
        {isPending ? <Waiting /> : null}
      </SidePanel>
    )
  return (
    <SidePanel
      title={item.reference ?? item.remoteId}
      badge={<StateBadge tone={tones[item.localState]} label={t(`states.${item.localState}`)} />}
      onClose={close}
    >
      <Tabs defaultValue="item" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="item">{t('tabs.item')}</Tabs.Tab>
          <Tabs.Tab value="log">{t('tabs.log')}</Tabs.Tab>
          <Tabs.Tab value="api">API</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="item" pt="md">
          <ItemPart item={item} onGone={close} />
        </Tabs.Panel>
        <Tabs.Panel value="log" pt="md">
          <ItemLog id={item.id} />
        </Tabs.Panel>
        <Tabs.Panel value="api" pt="md">
          <ApiTab
            call={{ method: 'GET', path: `/api/v1/tracked-items/${item.id}` }}
            sdk={`trackedItems.get('${item.id}')`}
          />
        </Tabs.Panel>
      </Tabs>
    </SidePanel>
  )
}

type Props = { readonly item: Item; readonly onGone: () => void }

const ItemPart = ({ item, onGone }: Props) => {
  const { t } = useTranslation('tracked-items')
  const { refusal } = item
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
          {item.lastError}
        </Alert>
      )}
      <Actions item={item} onGone={onGone} />
      <Facts
        items={[
          ['ID', <CopyId key="id" id={item.id} />],
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
  const [isAsking, setAsking] = useState(false)
  const renew = async (): Promise<void> =>
    await queries.invalidateQueries({ queryKey: ['tracked-items'] })
  const sync = useMutation({
    mutationFn: async (force: boolean) => await api.trackedItems.sync(item.id, { force }),
    onSuccess: renew,
  })
  const forget = useMutation({
    mutationFn: async () => await api.trackedItems.delete(item.id),
    onSuccess: async () => {
      onGone()
      await renew()
    },
  })
  if (!useMay('syncs:write')) return null
  return (
    <Stack gap="xs">
      <Group>
        <Button loading={sync.isPending} onClick={() => sync.mutate(!item.needsSync)}>
          {item.needsSync ? t('sync') : t('force')}
        </Button>
        <Button variant="default" onClick={() => setAsking(true)}>
          {t('forget.button')}
        </Button>
      </Group>
      <ErrorNotice error={sync.error} />
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('forget.question', { name: item.reference ?? item.remoteId })}
        action={t('forget.button')}
        onConfirm={() => forget.mutate()}
        isPending={forget.isPending}
        error={forget.error}
      >
        {t('forget.about')}
      </ConfirmWithCount>
    </Stack>
  )
}

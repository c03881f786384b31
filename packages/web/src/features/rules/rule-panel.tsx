/** One rule beside the list: what it does, switched on or off, tried on events that were, deleted. */
import { Button, Group, Stack, Switch, Tabs } from '@mantine/core'
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
import { LinkButton } from '../../components/link-button.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { notifyError } from '../../components/notify-error.tsx'
import { ObjectLink } from '../../components/object-link.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { useNames } from '../deliveries/use-names.ts'
import { ruleQuery, type Rule } from './queries.ts'
import { RuleInWords } from './rule-in-words.tsx'
import { TryRule } from './try-rule.tsx'

const route = getRouteApi('/app/rules/$id')

/** The panel at /rules/<id>. */
export const RulePanel = () => {
  const { t } = useTranslation('rules')
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const query = useQuery(ruleQuery(id))
  const close = (): void => void navigate({ to: '/rules' })
  const rule = query.data
  if (rule === undefined)
    return (
      <SidePanel title={id} onClose={close}>
        <ErrorNotice error={query.error} />
        {query.isPending ? <Waiting /> : null}
      </SidePanel>
    )
  return (
    <SidePanel
      title={rule.name}
      badge={
        <StateBadge
          tone={rule.enabled ? 'good' : 'neutral'}
          label={t(rule.enabled ? 'on' : 'off')}
        />
      }
      onClose={close}
    >
      <Parts rule={rule} onGone={close} />
    </SidePanel>
  )
}

type Props = { readonly rule: Rule; readonly onGone: () => void }

const Parts = ({ rule, onGone }: Props) => {
  const { t } = useTranslation('rules')
  return (
    <Tabs defaultValue="what" keepMounted={false}>
      <Tabs.List>
        <Tabs.Tab value="what">{t('tabs.what')}</Tabs.Tab>
        <Tabs.Tab value="try">{t('tabs.try')}</Tabs.Tab>
        <Tabs.Tab value="json">JSON</Tabs.Tab>
        <Tabs.Tab value="api">API</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="what" pt="md">
        <What rule={rule} onGone={onGone} />
      </Tabs.Panel>
      <Tabs.Panel value="try" pt="md">
        <TryRule eventType={rule.eventType} given={{ ruleId: rule.id }} />
      </Tabs.Panel>
      <Tabs.Panel value="json" pt="md">
        <JsonView value={{ filter: rule.filter, action: rule.action }} />
      </Tabs.Panel>
      <Tabs.Panel value="api" pt="md">
        <ApiTab
          call={{ method: 'GET', path: `/api/v1/rules/${rule.id}` }}
          sdk={`rules.get('${rule.id}')`}
        />
      </Tabs.Panel>
    </Tabs>
  )
}

const What = ({ rule, onGone }: Props) => {
  const { t } = useTranslation('rules')
  const names = useNames()
  return (
    <Stack>
      {useMay('rules:write') ? <Actions rule={rule} onGone={onGone} /> : null}
      <Facts
        items={[
          ['ID', <CopyId key="id" id={rule.id} />],
          [t('columns.type'), <code key="type">{rule.eventType}</code>],
          ...rule.steps.map(
            ({ integration, to }, index) =>
              [
                t('step', { number: index + 1 }),
                <span key={index}>
                  <ObjectLink type="integration" id={integration}>
                    {names.of(integration)}
                  </ObjectLink>{' '}
                  {to}
                </span>,
              ] as const,
          ),
          [t('columns.changed'), <When key="changed" at={rule.updatedAt} />],
          [
            t('deliveries'),
            <LinkText key="deliveries" to="/deliveries" search={{ rule: rule.id }}>
              {t('deliveriesOf')}
            </LinkText>,
          ],
        ]}
      />
      <RuleInWords rule={rule} />
    </Stack>
  )
}

const Actions = ({ rule, onGone }: Props) => {
  const { t } = useTranslation('rules')
  const queries = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const again = async (): Promise<void> => await queries.invalidateQueries({ queryKey: ['rules'] })
  const turn = useMutation({
    mutationFn: async (enabled: boolean) => await api.rules.update(rule.id, { enabled }),
    onSuccess: again,
    onError: notifyError,
  })
  const remove = useMutation({
    mutationFn: async () => await api.rules.delete(rule.id),
    onSuccess: async () => {
      onGone()
      await again()
    },
  })
  return (
    <Group>
      <Switch
        label={t('enabled')}
        checked={turn.isPending ? turn.variables : rule.enabled}
        onChange={(event) => turn.mutate(event.currentTarget.checked)}
      />
      <LinkButton
        to="/rules/$id/edit"
        params={{ id: rule.id }}
        variant="default"
        leftSection={<Icon name="edit" size={14} />}
      >
        {t('change')}
      </LinkButton>
      <Button
        variant="default"
        leftSection={<Icon name="trash" size={14} />}
        onClick={() => setAsking(true)}
      >
        {t('delete.button')}
      </Button>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('delete.question', { name: rule.name })}
        action={t('delete.button')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        error={remove.error}
      >
        <Lost rule={rule} />
      </ConfirmWithCount>
    </Group>
  )
}

/** What deleting means: how much it has done so far. */
const Lost = ({ rule }: { readonly rule: Rule }) => {
  const { t } = useTranslation('rules')
  const may = useMay('deliveries:read')
  const { data } = useQuery({
    queryKey: ['deliveries', 'count', { rule: rule.id }],
    queryFn: async ({ signal }) => await api.deliveries.count({ rule: rule.id }, { signal }),
    enabled: may,
  })
  return (
    <>
      {data === undefined ? null : (
        <p>{t(data.isExact ? 'delete.made' : 'delete.madeMore', { count: data.count })}</p>
      )}
      <p>{t('delete.about')}</p>
    </>
  )
}

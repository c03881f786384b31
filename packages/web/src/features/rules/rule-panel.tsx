/** One rule beside the list: what it does, switched on or off, tried on events that were, deleted. */
import { Group, Stack, Switch } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DeleteButton } from '../../components/delete-button.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icon.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { notifyError } from '../../components/notify-error.tsx'
import { ObjectLink } from '../../components/object-link.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { OnOff } from '../../components/on-off.tsx'
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
  const close = async (): Promise<void> => await navigate({ to: '/rules' })
  return (
    <ObjectPanel
      query={query}
      title={id}
      onClose={close}
      view={(rule) => ({
        id,
        title: rule.name,
        badge: <OnOff isOn={rule.enabled} />,
        change: { at: rule.updatedAt },
        tabs: [
          { id: 'what', label: t('tabs.what'), content: <What rule={rule} onGone={close} /> },
          {
            id: 'try',
            label: t('tabs.try'),
            content: <TryRule eventType={rule.eventType} given={{ ruleId: id }} />,
          },
          {
            id: 'json',
            label: 'JSON',
            content: <JsonView value={{ filter: rule.filter, action: rule.action }} />,
          },
        ],
        api: {
          call: { method: 'GET', path: `/api/v1/rules/${id}` },
          sdk: `rules.get('${id}')`,
        },
      })}
    />
  )
}

type Props = { readonly rule: Rule; readonly onGone: () => Promise<void> }

const What = ({ rule, onGone }: Props) => {
  const { t } = useTranslation('rules')
  const names = useNames()
  return (
    <Stack>
      {useMay('rules:write') ? <Actions rule={rule} onGone={onGone} /> : null}
      <Facts
        items={[
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
  const again = async (): Promise<void> => await queries.invalidateQueries({ queryKey: ['rules'] })
  const turn = useMutation({
    mutationFn: async (enabled: boolean) => await api.rules.update(rule.id, { enabled }),
    onSuccess: again,
    onError: notifyError,
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
      <DeleteButton
        action={t('delete.button')}
        question={t('delete.question', { name: rule.name })}
        name={rule.name}
        remove={async () => await api.rules.delete(rule.id)}
        changes={['rules']}
        gone={ruleQuery(rule.id).queryKey}
        onGone={onGone}
      >
        <Lost rule={rule} />
      </DeleteButton>
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

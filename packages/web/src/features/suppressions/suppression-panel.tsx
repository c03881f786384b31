/** One suppressed address beside the list: who said so and why, and lifting it. */
import { Alert, Button, Checkbox, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icon.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { Section } from '../../components/section.tsx'
import { When } from '../../components/when.tsx'
import { useScopeName } from './scope-name.ts'

const listApi = getRouteApi('/app/suppressions')
const oneApi = getRouteApi('/app/suppressions/$id')

type Suppression = Awaited<ReturnType<typeof api.suppressions.get>>

/** The panel at /suppressions/<id>. */
export const SuppressionPanel = () => {
  const { t } = useTranslation('suppressions')
  const { id } = oneApi.useParams()
  const navigate = listApi.useNavigate()
  const query = useQuery({
    queryKey: ['suppressions', 'one', id],
    queryFn: async ({ signal }) => await api.suppressions.get(id, { signal }),
    // Lifted, it is gone: that is no error to be asked for again.
    refetchOnWindowFocus: false,
  })
  const close = async (): Promise<void> =>
    await navigate({ to: '/suppressions', search: (now) => now })
  return (
    <ObjectPanel
      query={query}
      title={t('one')}
      onClose={close}
      view={(suppression) => ({
        id,
        title: suppression.address,
        tabs: [
          {
            id: 'facts',
            label: t('tabs.facts'),
            content: (
              <Stack gap="lg">
                <FactsOf suppression={suppression} />
                <Lift key={id} suppression={suppression} />
              </Stack>
            ),
          },
        ],
        api: {
          call: { method: 'GET', path: `/api/v1/suppressions/${id}` },
          sdk: `suppressions.get('${id}')`,
        },
      })}
    />
  )
}

type Props = { readonly suppression: Suppression }

const FactsOf = ({ suppression }: Props) => {
  const { t } = useTranslation('suppressions')
  const scopeName = useScopeName()
  const { channel, reason, scope, note, deliveryId, createdBy, createdAt, expiresAt } = suppression
  return (
    <Facts
      items={[
        [t('fields.channel'), t(`channels.${channel}`, { defaultValue: channel })],
        [t('fields.reason'), t(`reasons.${reason}`)],
        [t('fields.scope'), scopeName(scope)],
        [t('fields.note'), note],
        [t('fields.createdAt'), <When key="c" at={createdAt} />],
        [t('fields.createdBy'), createdBy ?? t('aProvider')],
        [
          t('fields.expiresAt'),
          expiresAt === null ? t('forGood') : <When key="e" at={expiresAt} />,
        ],
        [
          t('fields.delivery'),
          deliveryId === null ? null : (
            <LinkText to="/deliveries/$id" params={{ id: deliveryId }}>
              {t('showDelivery')}
            </LinkText>
          ),
        ],
      ]}
    />
  )
}

/** Lifted for who has asked for it only: the law and the mailbox providers want that. */
const askedFor: ReadonlySet<string> = new Set(['complained', 'unsubscribed'])

const Lift = ({ suppression: { id, reason } }: Props) => {
  const { t } = useTranslation('suppressions')
  const queries = useQueryClient()
  const mayWrite = useMay('suppressions:write')
  const [isAskedFor, setAskedFor] = useState(false)
  const lift = useMutation({
    mutationFn: async () => await api.suppressions.delete(id),
    onSuccess: async () => await queries.invalidateQueries({ queryKey: ['suppressions', 'list'] }),
  })
  if (!mayWrite) return null
  if (lift.data !== undefined) return <Lifted answer={lift.data} />
  const mustBeAsked = askedFor.has(reason)
  return (
    <Section title={t('lift.title')}>
      <Text>{t(`lift.about.${reason}`)}</Text>
      <Text c="dimmed">{t('lift.nothingAgain')}</Text>
      {mustBeAsked ? (
        <Checkbox
          label={t('lift.askedFor')}
          checked={isAskedFor}
          onChange={({ currentTarget }) => setAskedFor(currentTarget.checked)}
        />
      ) : null}
      <ErrorNotice error={lift.error} />
      <Group>
        <Button
          color="red"
          leftSection={<Icon name="trash" />}
          disabled={mustBeAsked && !isAskedFor}
          loading={lift.isPending}
          onClick={() => lift.mutate()}
        >
          {t('lift.action')}
        </Button>
      </Group>
    </Section>
  )
}

type LiftAnswer = Awaited<ReturnType<typeof api.suppressions.delete>>

const Lifted = ({ answer }: { readonly answer: LiftAnswer }) => {
  const { t } = useTranslation('suppressions')
  return (
    <Alert color="green" role="status" icon={<Icon name="check" size={18} />}>
      <Text c="var(--mantine-color-text)">{t('lift.done')}</Text>
      {answer.remaining.map(({ id, reason }) => (
        <LinkText key={id} to="/suppressions/$id" params={{ id }} display="block">
          {t('lift.remaining', { reason: t(`reasons.${reason}`) })}
        </LinkText>
      ))}
    </Alert>
  )
}

/** One subscription: who is registered, what it says, a trigger by hand, its settings. */
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay, useMe } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { ObjectPage } from '../../components/object-page.tsx'
import { functionsQuery, subscriptionQuery, type Subscription } from './queries.ts'
import { RegistrationsTab } from './registrations-tab.tsx'
import { subscriptionTabs, type SubscriptionTab } from './tabs.ts'
import { SettingsTab } from './settings-tab.tsx'
import { SubscriptionState } from './subscriptions-page.tsx'
import { TextsTab } from './texts-tab.tsx'
import { TriggerTab } from './trigger-tab.tsx'

const route = getRouteApi('/app/subscriptions/$subscriptionId')

/** The page at /subscriptions/<subscriptionId>. */
export const SubscriptionPage = () => {
  const { t } = useTranslation('subscriptions')
  const { subscriptionId } = route.useParams()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay('subscriptions:write')
  const query = useQuery(subscriptionQuery(subscriptionId))
  const functions = useQuery({ ...functionsQuery, enabled: mayWrite })
  const own = functions.data?.find((one) => one.subscriptionId === subscriptionId)
  const tabs = useTabs(query.data?.isSystem ?? false)
  return (
    <ObjectPage
      query={query}
      title={subscriptionId}
      onBack={async () => await navigate({ to: '/subscriptions' })}
      open={tab ?? 'registrations'}
      onOpen={(next) => {
        const chosen = subscriptionTabs.find((one) => one === next)
        if (chosen !== undefined) void navigate({ search: { tab: chosen }, replace: true })
      }}
      view={(subscription) => ({
        id: subscriptionId,
        title: subscription.label,
        ...(subscription.description === null ? {} : { about: subscription.description }),
        badge: (
          <SubscriptionState
            subscription={subscription}
            own={own}
            isKnown={functions.data !== undefined}
          />
        ),
        change: { id: subscription.id, at: subscription.updatedAt },
        notices:
          own === undefined || own.lastError === null ? null : (
            <ErrorNotice
              error={new Error(t('functions.failed', { file: own.file, error: own.lastError }))}
            />
          ),
        tabs: tabs.map((one) => ({
          id: one,
          label: t(`tabs.${one}`),
          content: <Part tab={one} subscription={subscription} hasFunction={own !== undefined} />,
        })),
        api: {
          call: {
            method: 'POST',
            path: `/api/v1/trigger/${subscriptionId}`,
            body: { eventParameters: { count: 3 } },
          },
          sdk: `trigger.run('${subscriptionId}', { eventParameters: { count: 3 } })`,
        },
      })}
    />
  )
}

type Props = { readonly subscription: Subscription; readonly hasFunction: boolean }
type OwnTab = Exclude<SubscriptionTab, 'api'>

/** What this person may see of it. */
const useTabs = (isSystem: boolean): readonly OwnTab[] => {
  const { platformAdmin } = useMe()
  const mayWrite = useMay('subscriptions:write') && (!isSystem || platformAdmin)
  const may: Readonly<Record<OwnTab, boolean>> = {
    registrations: useMay('registrations:read'),
    texts: mayWrite,
    trigger: useMay('subscriptions:trigger'),
    settings: mayWrite,
  }
  return subscriptionTabs.filter((tab) => tab !== 'api').filter((tab) => may[tab])
}

const Part = ({ tab, subscription, hasFunction }: Props & { readonly tab: OwnTab }) => {
  const { t } = useTranslation('subscriptions')
  const { subscriptionId } = subscription
  switch (tab) {
    case 'registrations':
      return <RegistrationsTab subscriptionId={subscriptionId} />
    case 'texts':
      return (
        <>
          {hasFunction ? <Text mb="md">{t('texts.byFunction')}</Text> : null}
          <TextsTab key={subscription.version} subscription={subscription} />
        </>
      )
    case 'trigger':
      return <TriggerTab subscriptionId={subscriptionId} />
    case 'settings':
      return <SettingsTab key={subscription.version} subscription={subscription} />
  }
}

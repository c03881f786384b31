/** One subscription: who is registered, what it says, a trigger by hand, its settings. */
import { Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay, useMe } from '../../app/session.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { Waiting } from '../../components/waiting.tsx'
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
  const mayWrite = useMay('subscriptions:write')
  const { data, error, isPending } = useQuery(subscriptionQuery(subscriptionId))
  const functions = useQuery({ ...functionsQuery, enabled: mayWrite })
  const own = functions.data?.find((one) => one.subscriptionId === subscriptionId)
  return (
    <Page
      title={data?.label ?? subscriptionId}
      {...(data?.description === undefined || data.description === null
        ? {}
        : { about: data.description })}
      badge={
        data === undefined ? null : (
          <SubscriptionState subscription={data} own={own} isKnown={functions.data !== undefined} />
        )
      }
    >
      <LinkText to="/subscriptions">{t('title')}</LinkText>
      <ErrorNotice error={error} />
      {isPending ? <Waiting lines={8} /> : null}
      {own === undefined || own.lastError === null ? null : (
        <ErrorNotice
          error={new Error(t('functions.failed', { file: own.file, error: own.lastError }))}
        />
      )}
      {data === undefined ? null : <Parts subscription={data} hasFunction={own !== undefined} />}
    </Page>
  )
}

type Props = { readonly subscription: Subscription; readonly hasFunction: boolean }

/** What this person may see of it. */
const useTabs = ({ isSystem }: Subscription): readonly SubscriptionTab[] => {
  const { platformAdmin } = useMe()
  const mayWrite = useMay('subscriptions:write') && (!isSystem || platformAdmin)
  const may: Readonly<Record<SubscriptionTab, boolean>> = {
    registrations: useMay('registrations:read'),
    texts: mayWrite,
    trigger: useMay('subscriptions:trigger'),
    settings: mayWrite,
    api: true,
  }
  return subscriptionTabs.filter((tab) => may[tab])
}

const Parts = ({ subscription, hasFunction }: Props) => {
  const { t } = useTranslation('subscriptions')
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const tabs = useTabs(subscription)
  const shown = tabs.find((one) => one === tab) ?? tabs[0] ?? 'api'
  const open = (next: string | null): void => {
    const chosen = tabs.find((one) => one === next)
    if (chosen !== undefined) void navigate({ search: { tab: chosen }, replace: true })
  }
  return (
    <Tabs value={shown} onChange={open} keepMounted={false}>
      <Tabs.List>
        {tabs.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {t(`tabs.${one}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map((one) => (
        <Tabs.Panel key={one} value={one} pt="md">
          <Part tab={one} subscription={subscription} hasFunction={hasFunction} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

const Part = ({ tab, subscription, hasFunction }: Props & { readonly tab: SubscriptionTab }) => {
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
    case 'api':
      return (
        <ApiTab
          call={{
            method: 'POST',
            path: `/api/v1/trigger/${subscriptionId}`,
            body: { eventParameters: { count: 3 } },
          }}
          sdk={`trigger.run('${subscriptionId}', { eventParameters: { count: 3 } })`}
        />
      )
  }
}

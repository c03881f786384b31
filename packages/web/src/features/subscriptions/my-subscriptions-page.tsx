/** What the person who is signed in gets: every subscription with its own addresses, each to be switched. */
import { ActionIcon, Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { Section } from '../../components/section.tsx'
import { usePages } from '../../components/use-pages.ts'
import { Waiting } from '../../components/waiting.tsx'
import { ownRegistrationsQuery, type Registration, type SubscriptionItem } from './queries.ts'
import { RegistrationSwitch, RemoveRegistration } from './registrations-tab.tsx'
import { SubscribeDialog } from './subscribe-dialog.tsx'

/** The page at /my-subscriptions. */
export const MySubscriptionsPage = () => {
  const { t } = useTranslation('subscriptions')
  const own = useQuery(ownRegistrationsQuery)
  const pages = usePages(
    ['subscriptions', 'list', {}],
    async (more, signal) => await api.subscriptions.list({ limit: 100, ...more }, { signal }),
  )
  const [chosen, setChosen] = useState<string>()
  const [removed, setRemoved] = useState<Registration>()
  const isWaiting = own.isPending || pages.isLoading
  return (
    <Page title={t('own.title')} about={t('own.about')}>
      <ErrorNotice error={own.error ?? pages.error} />
      {isWaiting ? <Waiting lines={6} /> : null}
      {!isWaiting && pages.items.length === 0 ? (
        <EmptyState icon="bell" title={t('own.noneTitle')} text={t('own.none')} />
      ) : null}
      {isWaiting
        ? null
        : pages.items.map((subscription) => (
            <One
              key={subscription.id}
              subscription={subscription}
              registrations={(own.data ?? []).filter(
                (one) => one.subscriptionId === subscription.subscriptionId,
              )}
              onSubscribe={() => setChosen(subscription.subscriptionId)}
              onRemove={setRemoved}
            />
          ))}
      {pages.hasMore ? (
        <Group>
          <Button variant="default" loading={pages.isLoadingMore} onClick={pages.loadMore}>
            {t('more')}
          </Button>
        </Group>
      ) : null}
      {chosen === undefined ? null : (
        <SubscribeDialog
          subscriptionId={chosen}
          isForOthers={false}
          onClose={() => setChosen(undefined)}
        />
      )}
      {removed === undefined ? null : (
        <RemoveRegistration registration={removed} onClose={() => setRemoved(undefined)} />
      )}
    </Page>
  )
}

type Props = {
  readonly subscription: SubscriptionItem
  readonly registrations: readonly Registration[]
  readonly onSubscribe: () => void
  readonly onRemove: (registration: Registration) => void
}

const One = ({ subscription, registrations, onSubscribe, onRemove }: Props) => {
  const { t } = useTranslation('subscriptions')
  const { label, description } = subscription
  const action = t(registrations.length === 0 ? 'own.subscribe' : 'own.another')
  return (
    <Section
      title={label}
      actions={
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="add" />}
          onClick={onSubscribe}
          aria-label={`${action}: ${label}`}
        >
          {action}
        </Button>
      }
    >
      {description === null ? null : <Text c="dimmed">{description}</Text>}
      {registrations.length === 0 ? <Text c="dimmed">{t('own.notRegistered')}</Text> : null}
      <Stack gap="xs">
        {registrations.map((registration) => (
          <Group key={registration.id} gap="sm" wrap="nowrap">
            <RegistrationSwitch registration={registration} />
            <Text style={{ overflowWrap: 'anywhere' }}>
              {t(`channels.${registration.channel}`, { defaultValue: registration.channel })} ·{' '}
              {registration.channelConfig}
            </Text>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('registrations.removeOf', { address: registration.channelConfig })}
              onClick={() => onRemove(registration)}
            >
              <Icon name="trash" />
            </ActionIcon>
          </Group>
        ))}
      </Stack>
    </Section>
  )
}

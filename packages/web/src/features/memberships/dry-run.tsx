/** The diff before it is applied: who would be put on the list, taken off, held; then the button that does it. */
import { Alert, Button, Group, List, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/section.tsx'
import type { Diff, Sync } from './queries.ts'

const isDiff = (answer: object): answer is Diff => 'subscribe' in answer

/** Two steps: look, then do. */
export const DryRun = ({ sync }: { readonly sync: Sync }) => {
  const { t } = useTranslation('memberships')
  const look = useMutation({
    mutationFn: async () => {
      const answer = await api.membershipSyncs.run(sync.id, { dryRun: true })
      if (!isDiff(answer)) throw new Error(t('dryRun.noDiff'))
      return answer
    },
  })
  return (
    <Section title={t('dryRun.title')}>
      <Text c="dimmed">{t('dryRun.about')}</Text>
      <Group>
        <Button variant="default" loading={look.isPending} onClick={() => look.mutate()}>
          {t('dryRun.look')}
        </Button>
      </Group>
      <ErrorNotice error={look.error} />
      {look.data === undefined ? null : (
        <Stack role="status">
          <DiffView diff={look.data} />
          <Apply sync={sync} diff={look.data} onStarted={look.reset} />
        </Stack>
      )}
    </Section>
  )
}

const kinds = ['subscribe', 'unsubscribe', 'hold', 'unhold', 'rename'] as const
const shown = 20

const DiffView = ({ diff }: { readonly diff: Diff }) => {
  const { t, i18n } = useTranslation('memberships')
  const changes = kinds.filter((kind) => diff.counts[kind] > 0)
  return (
    <Stack gap="sm">
      <Text>
        {t('dryRun.sum', {
          total: wholeNumber(diff.total, i18n.language),
          unchanged: wholeNumber(diff.unchanged, i18n.language),
          skipped: wholeNumber(diff.counts.skipped, i18n.language),
        })}
      </Text>
      {changes.length === 0 ? <Text fw={600}>{t('dryRun.nothing')}</Text> : null}
      {changes.map((kind) => (
        <Emails
          key={kind}
          title={t(`changes.${kind}`)}
          count={diff.counts[kind]}
          emails={diff[kind]}
        />
      ))}
      {diff.blocked === undefined ? null : (
        <Alert color="orange" icon={<Icon name="alert" size={18} />} title={t('dryRun.blocked')}>
          {diff.blocked}
        </Alert>
      )}
      {diff.skipped.length === 0 ? null : (
        <Emails
          title={t('changes.skip')}
          count={diff.counts.skipped}
          emails={diff.skipped.map(({ email, key, reason }) => `${email ?? key ?? '–'}: ${reason}`)}
        />
      )}
    </Stack>
  )
}

type EmailsProps = {
  readonly title: string
  readonly count: number
  readonly emails: readonly string[]
}

const Emails = ({ title, count, emails }: EmailsProps) => {
  const { t, i18n } = useTranslation('memberships')
  const rest = count - Math.min(shown, emails.length)
  return (
    <div>
      <Text fw={600}>
        {title}: {wholeNumber(count, i18n.language)}
      </Text>
      <List size="sm">
        {emails.slice(0, shown).map((email, at) => (
          <List.Item key={`${at} ${email}`}>{email}</List.Item>
        ))}
        {rest > 0 ? <List.Item>{t('dryRun.more', { count: rest })}</List.Item> : null}
      </List>
    </div>
  )
}

type ApplyProps = {
  readonly sync: Sync
  readonly diff: Diff
  readonly onStarted: () => void
}

const Apply = ({ sync, diff, onStarted }: ApplyProps) => {
  const { t } = useTranslation('memberships')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [isAsking, setAsking] = useState(false)
  const isForced = diff.blocked !== undefined
  const { counts } = diff
  const removals = counts.unsubscribe + counts.hold
  const count = counts.subscribe + counts.unhold + counts.rename + removals
  const run = useMutation({
    mutationFn: async (force: boolean) => await api.membershipSyncs.run(sync.id, { force }),
    onSuccess: async (answer) => {
      setAsking(false)
      onStarted()
      await queries.invalidateQueries({ queryKey: ['memberships'] })
      if ('id' in answer)
        await navigate({
          to: '/memberships/$id/runs/$runId',
          params: { id: sync.id, runId: answer.id },
        })
    },
  })
  if (count === 0) return null
  return (
    <Group>
      <Button {...(isForced ? { color: 'red' } : {})} onClick={() => setAsking(true)}>
        {t(isForced ? 'apply.forced' : 'apply.button', { count })}
      </Button>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('apply.question', { list: sync.to.list })}
        count={count}
        sample={[...diff.unsubscribe, ...diff.hold, ...diff.subscribe].slice(0, 5)}
        action={t(isForced ? 'apply.forced' : 'apply.button', { count })}
        onConfirm={() => run.mutate(isForced)}
        isPending={run.isPending}
        error={run.error}
        isDangerous={isForced || removals > 0}
      >
        {removals === 0
          ? t('apply.aboutNobody')
          : t(sync.onInactive === 'hold' ? 'apply.aboutHold' : 'apply.about', { count: removals })}
      </ConfirmWithCount>
    </Group>
  )
}

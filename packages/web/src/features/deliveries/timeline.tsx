/** What happened to a delivery, in words, from the event to the last receipt; every exchange opens to its facts. */
import {
  Code,
  Collapse,
  Group,
  Progress,
  Stack,
  Text,
  ThemeIcon,
  Timeline as Line,
  UnstyledButton,
} from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Facts } from '../../components/facts.tsx'
import { shortDuration } from '../../components/format.ts'
import { Icon, type IconName } from '../../components/icon.tsx'
import { ObjectLink } from '../../components/object-link.tsx'
import { providerWords } from '../../components/read-reason.ts'
import { Section } from '../../components/section.tsx'
import { useNow } from '../../components/use-now.ts'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import type { DeliveryDetail } from './delivery-panel.tsx'
import { readConditions } from '../rules/conditions.ts'
import { useEventOf } from './use-event-of.ts'
import { useNames } from './use-names.ts'

type Props = { readonly delivery: DeliveryDetail }
type Turn = DeliveryDetail['timeline'][number]
type Attempt = DeliveryDetail['attempts'][number]

const looks = {
  good: { icon: 'check', color: 'green' },
  bad: { icon: 'cross', color: 'red' },
  skip: { icon: 'skip', color: 'gray' },
  // It did not get through, and will be tried again.
  soft: { icon: 'alert', color: 'yellow' },
  wait: { icon: 'clock', color: 'blue' },
  info: { icon: 'circle', color: 'gray' },
} as const satisfies Record<string, { readonly icon: IconName; readonly color: string }>

const bullet = (look: keyof typeof looks) => ({
  bullet: (
    <ThemeIcon size={22} radius="xl" color={looks[look].color} variant="light">
      <Icon name={looks[look].icon} size={12} />
    </ThemeIcon>
  ),
})

/** Attempts are the turns with an outcome, in the same order. */
const withAttempts = ({ timeline, attempts }: DeliveryDetail) => {
  let at = 0
  return timeline.map((turn) => {
    if (turn.outcome === null) return { turn, attempt: undefined }
    const attempt = attempts[at]
    at += 1
    return { turn, attempt }
  })
}

/** The section with the list. */
export const Timeline = ({ delivery }: Props) => {
  const { t } = useTranslation('deliveries')
  return (
    <Section title={t('timeline.title')}>
      <Line active={99} bulletSize={22} lineWidth={2}>
        <Begin delivery={delivery} />
        {withAttempts(delivery).map(({ turn, attempt }) =>
          attempt === undefined ? (
            <Decided key={turn.turn} turn={turn} delivery={delivery} />
          ) : (
            <Exchange key={turn.turn} turn={turn} attempt={attempt} delivery={delivery} />
          ),
        )}
        <Now delivery={delivery} />
        {delivery.receipts.map((receipt) => (
          <Line.Item
            key={`${receipt.kind}${receipt.at}`}
            {...bullet(
              receipt.kind === 'bounced' || receipt.kind === 'complained' ? 'bad' : 'good',
            )}
            title={t(`receipts.${receipt.kind}`)}
          >
            <Reason>{receipt.reason}</Reason>
            <When at={receipt.at} />
          </Line.Item>
        ))}
      </Line>
    </Section>
  )
}

const Note = ({ children }: { readonly children: ReactNode }) =>
  children === null || children === '' ? null : (
    <Text fz="sm" style={{ overflowWrap: 'anywhere' }}>
      {children}
    </Text>
  )

/** "matched (3 of 3 conditions)": a delivery is there because all held; known while the rule is what it was then. */
const useMatched = ({ rule: id, createdAt }: DeliveryDetail): string => {
  const { t } = useTranslation('deliveries')
  const rule = useNames().rules.find((one) => one.id === id)
  const isAsItWas = rule !== undefined && Date.parse(rule.updatedAt) <= Date.parse(createdAt)
  const count = isAsItWas ? readConditions(rule.filter)?.length : undefined
  return count === undefined || count === 0 ? t('timeline.matched') : t('timeline.held', { count })
}

const Begin = ({ delivery }: Props) => {
  const { t } = useTranslation('deliveries')
  const names = useNames()
  const found = useEventOf(delivery.event)
  const matched = useMatched(delivery)
  const { event, rule, subscription, campaign, createdAt, resendOf } = delivery
  return (
    <Line.Item
      {...bullet('info')}
      title={
        <ObjectLink type="event" id={event}>
          {found === undefined
            ? t('timeline.event')
            : t('timeline.eventOf', { type: found.type, source: found.source })}
        </ObjectLink>
      }
    >
      {resendOf === null ? null : <Note>{t('timeline.resend')}</Note>}
      {rule === null ? null : (
        <Text fz="sm">
          {t('timeline.rule')}{' '}
          <ObjectLink type="rule" id={rule}>
            {names.of(rule)}
          </ObjectLink>{' '}
          {matched}
        </Text>
      )}
      {subscription === null ? null : (
        <Text fz="sm">
          {t('timeline.subscription')}{' '}
          <ObjectLink type="subscription" id={subscription}>
            {subscription}
          </ObjectLink>
        </Text>
      )}
      {campaign === null ? null : (
        <Text fz="sm">
          <ObjectLink type="campaign" id={campaign}>
            {t('timeline.campaign')}
          </ObjectLink>
        </Text>
      )}
      <When at={createdAt} />
    </Line.Item>
  )
}

/** In the page's language, where it is one of the server's own. */
const Reason = ({ children }: { readonly children: string | null }) => {
  const { say } = useReason()
  return <Note>{children === null ? null : say(children)}</Note>
}

/** A turn without an exchange: passed over, held, ended, or no receipt of what the step had sent. */
const Decided = ({ turn, delivery }: Props & { readonly turn: Turn }) => {
  const { t } = useTranslation('deliveries')
  const names = useNames()
  const isOver = turn.state !== 'pending'
  const wasSent = delivery.attempts.some(
    ({ step, outcome }) => step === turn.step && outcome === 'accepted',
  )
  const isGood = turn.state === 'sent' || turn.state === 'delivered'
  const values = { step: turn.step + 1, integration: names.of(turn.integration) }
  return (
    <Line.Item
      {...bullet(isGood ? 'good' : isOver ? 'bad' : 'skip')}
      title={
        isOver
          ? t(`states.${turn.state}`)
          : t(wasSent ? 'timeline.unproven' : 'timeline.passedOver', values)
      }
    >
      <Reason>{turn.reason}</Reason>
      <When at={turn.at} />
    </Line.Item>
  )
}

const Exchange = ({
  turn,
  attempt,
  delivery,
}: Props & { readonly turn: Turn; readonly attempt: Attempt }) => {
  const { t, i18n } = useTranslation('deliveries')
  const names = useNames()
  const [isOpen, setOpen] = useState(false)
  const title = t('timeline.attempt', {
    number: attempt.number,
    step: attempt.step + 1,
    integration: names.of(attempt.integration),
  })
  const took = shortDuration(attempt.durationMs, i18n.language)
  return (
    <Line.Item
      {...bullet(lookOf(attempt))}
      title={
        <UnstyledButton onClick={() => setOpen(!isOpen)} aria-expanded={isOpen} fw={600}>
          <Group gap={4} wrap="nowrap">
            <span style={{ overflowWrap: 'anywhere', lineHeight: 1.35 }}>{title}</span>
            <Icon name={isOpen ? 'chevronDown' : 'chevronRight'} size={14} />
          </Group>
        </UnstyledButton>
      }
    >
      <Text fz="sm">
        {t(`outcomes.${attempt.outcome}`)}{' '}
        {attempt.httpStatus === null ? '' : <Code>{attempt.httpStatus}</Code>}{' '}
        {t('timeline.after', { took })}
        {attempt.providerIds.length === 0 ? null : (
          <>
            {' · '}
            <Code>{attempt.providerIds[0]}</Code>
          </>
        )}
      </Text>
      {attempt.outcome === 'accepted' ? (
        <Wait turn={turn} />
      ) : (
        <>
          <Reason>{attempt.reason}</Reason>
          <Words answer={attempt.providerMessage} />
          <Wait turn={turn} />
        </>
      )}
      <Collapse expanded={isOpen}>
        <ExchangeFacts attempt={attempt} delivery={delivery} />
      </Collapse>
      <When at={turn.at} />
    </Line.Item>
  )
}

const again: ReadonlySet<string> = new Set(['retry', 'unknown', 'defer', 'moved'])

const lookOf = ({ outcome }: Attempt): keyof typeof looks =>
  outcome === 'accepted' ? 'good' : again.has(outcome) ? 'soft' : 'bad'

/** What the provider said, for people. */
const Words = ({ answer }: { readonly answer: string | null }) => {
  const words = answer === null ? '' : providerWords(answer).trim()
  if (words === '') return null
  return (
    <Text fz="sm" c="dimmed" lineClamp={3} style={{ overflowWrap: 'anywhere' }}>
      “{words}”
    </Text>
  )
}

/** How long it waited before it went on; the last wait runs down below (`Now`). */
const Wait = ({ turn }: { readonly turn: Turn }) => {
  const { t, i18n } = useTranslation('deliveries')
  if (turn.nextDueAt === null) return null
  const ms = Date.parse(turn.nextDueAt) - Date.parse(turn.at)
  return ms <= 0 ? null : (
    <Note>{t('timeline.waits', { took: shortDuration(ms, i18n.language) })}</Note>
  )
}

/** Secrets and bodies are not kept; what the provider said is, in its own words. */
const ExchangeFacts = ({ attempt, delivery }: Props & { readonly attempt: Attempt }) => {
  const { t, i18n } = useTranslation('deliveries')
  return (
    <Stack gap={4} py="xs">
      <Facts
        items={[
          [t('exchange.to'), delivery.route[attempt.step]?.to],
          [t('exchange.key'), <Code key="key">{delivery.id}</Code>],
          [t('exchange.startedAt'), <When key="at" at={attempt.startedAt} />],
          [t('exchange.took'), shortDuration(attempt.durationMs, i18n.language)],
          [t('exchange.status'), attempt.httpStatus],
          [t('exchange.code'), attempt.providerCode],
          [t('exchange.message'), attempt.providerMessage],
          [
            t('exchange.ids'),
            attempt.providerIds.length === 0 ? null : attempt.providerIds.join(', '),
          ],
          [t('exchange.duplicate'), attempt.possibleDuplicate ? t('exchange.yes') : null],
          [t('exchange.secrets'), t('exchange.redacted')],
        ]}
      />
    </Stack>
  )
}

const tickMs = 1_000

/** What it waits for now, with the wait running down. */
const Now = ({ delivery }: Props) => {
  const { t } = useTranslation('deliveries')
  const nowMs = useNow(tickMs)
  const { state, pendingReason, dueAt, timeline, createdAt } = delivery
  if (state === 'sending') return <Line.Item {...bullet('wait')} title={t('states.sending')} />
  if (state !== 'pending' || dueAt === null) return null
  const from = Date.parse(timeline.at(-1)?.at ?? createdAt)
  const until = Date.parse(dueAt)
  const left =
    until <= from ? 0 : Math.max(0, Math.min(100, (100 * (until - nowMs)) / (until - from)))
  return (
    <Line.Item {...bullet('wait')} title={t(`waits.${pendingReason ?? 'scheduled'}`)}>
      <Text fz="sm">
        {t(pendingReason === 'awaiting_receipt' ? 'timeline.elseNext' : 'timeline.nextTry')}{' '}
        <When at={dueAt} />
      </Text>
      <Progress value={left} size="sm" mt={4} maw="20rem" aria-label={t('timeline.left')} />
    </Line.Item>
  )
}

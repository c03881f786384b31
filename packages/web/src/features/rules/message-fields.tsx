/** Sending: the steps that are tried one after the other, and the words. */
import { ActionIcon, Button, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../components/icon.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { integrationsQuery } from '../integrations/queries.ts'
import type { Draft, Step } from './draft.ts'

type Props = { readonly draft: Draft; readonly change: (part: Partial<Draft>) => void }

/** The route and the content. */
export const MessageFields = ({ draft, change }: Props) => (
  <>
    <Route steps={draft.steps} onChange={(steps) => change({ steps })} />
    <Content draft={draft} change={change} />
  </>
)

type RouteProps = {
  readonly steps: readonly Step[]
  readonly onChange: (steps: readonly Step[]) => void
}

/** The steps in order: the first that takes the message ends it. */
const Route = ({ steps, onChange }: RouteProps) => {
  const { t } = useTranslation('rules')
  const { data } = useQuery(integrationsQuery)
  const senders = (data ?? []).filter(({ channel }) => channel !== null)
  const set = (at: number, part: Partial<Step>): void =>
    onChange(steps.map((one, index) => (index === at ? { ...one, ...part } : one)))
  if (data !== undefined && senders.length === 0)
    return (
      <Text>
        {t('noIntegrations')}{' '}
        <LinkText to="/integrations" underline="always">
          {t('toIntegrations')}
        </LinkText>
      </Text>
    )
  return (
    <Stack gap="xs">
      {steps.map((step, index) => (
        <StepFields
          key={index}
          number={index + 1}
          step={step}
          senders={senders}
          onChange={(part) => set(index, part)}
          onRemove={
            steps.length === 1
              ? undefined
              : () => onChange(steps.filter((_one, at) => at !== index))
          }
        />
      ))}
      <Group>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon name="add" size={14} />}
          onClick={() => onChange([...steps, { integration: '', to: '' }])}
        >
          {t('addStep')}
        </Button>
      </Group>
    </Stack>
  )
}

type StepProps = {
  readonly number: number
  readonly step: Step
  readonly senders: readonly {
    readonly id: string
    readonly name: string
    readonly channel: string | null
  }[]
  readonly onChange: (part: Partial<Step>) => void
  /** Absent: the only one stays. */
  readonly onRemove: (() => void) | undefined
}

const StepFields = ({ number, step, senders, onChange, onRemove }: StepProps) => {
  const { t } = useTranslation('rules')
  return (
    <Group gap={6} align="flex-end">
      <Select
        label={t('step', { number })}
        data={senders.map((one) => ({
          value: one.id,
          label: `${one.name} (${one.channel ?? ''})`,
        }))}
        value={step.integration === '' ? null : step.integration}
        onChange={(integration) => onChange({ integration: integration ?? '' })}
        flex="1 1 12rem"
        required
      />
      <TextInput
        label={t('fields.to', { number })}
        placeholder="{{ data.mail }}"
        value={step.to}
        onChange={(event) => onChange({ to: event.currentTarget.value })}
        flex="1 1 12rem"
      />
      {onRemove === undefined ? null : (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('removeStep', { number })}
          onClick={onRemove}
        >
          <Icon name="trash" size={14} />
        </ActionIcon>
      )}
    </Group>
  )
}

const Content = ({ draft, change }: Props) => {
  const { t } = useTranslation('rules')
  return (
    <Stack gap="xs">
      <TextInput
        label={t('fields.subject')}
        value={draft.subject}
        onChange={(event) => change({ subject: event.currentTarget.value })}
      />
      <Textarea
        label={t('fields.text')}
        description={t('fields.textAbout', { example: '{{ data.total }}' })}
        value={draft.text}
        onChange={(event) => change({ text: event.currentTarget.value })}
        autosize
        minRows={3}
      />
      <Textarea
        label={t('fields.html')}
        value={draft.html}
        onChange={(event) => change({ html: event.currentTarget.value })}
        autosize
        minRows={2}
        maxRows={16}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
    </Stack>
  )
}

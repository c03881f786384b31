/** The conditions of a rule, one a line: all of them have to hold. */
import { ActionIcon, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/section.tsx'
import { operators, type Condition } from './conditions.ts'

type Props = {
  readonly conditions: readonly Condition[]
  readonly onChange: (conditions: readonly Condition[]) => void
}

const fresh: Condition = { path: 'data.', operator: 'eq', value: '' }

/** The lines, and a button for another. */
export const ConditionFields = ({ conditions, onChange }: Props) => {
  const { t } = useTranslation('rules')
  const set = (at: number, part: Partial<Condition>): void =>
    onChange(conditions.map((one, index) => (index === at ? { ...one, ...part } : one)))
  return (
    <Section
      title={t('conditions')}
      actions={
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon name="add" size={14} />}
          onClick={() => onChange([...conditions, fresh])}
        >
          {t('addCondition')}
        </Button>
      }
    >
      {conditions.length === 0 ? <Text c="dimmed">{t('noConditions')}</Text> : null}
      <Stack gap="xs">
        {conditions.map((condition, index) => (
          <Line
            key={index}
            number={index + 1}
            condition={condition}
            onChange={(part) => set(index, part)}
            onRemove={() => onChange(conditions.filter((_one, at) => at !== index))}
          />
        ))}
      </Stack>
    </Section>
  )
}

type LineProps = {
  readonly number: number
  readonly condition: Condition
  readonly onChange: (part: Partial<Condition>) => void
  readonly onRemove: () => void
}

const Line = ({ number, condition, onChange, onRemove }: LineProps) => {
  const { t } = useTranslation('rules')
  const { path, operator, value } = condition
  return (
    <Group gap={6} wrap="wrap" align="flex-start">
      <TextInput
        aria-label={t('fields.path', { number })}
        placeholder="data.total"
        value={path}
        onChange={(event) => onChange({ path: event.currentTarget.value })}
        flex="1 1 10rem"
      />
      <Select
        aria-label={t('fields.operator', { number })}
        data={operators.map((one) => ({ value: one, label: t(`operators.${one}`) }))}
        value={operator}
        onChange={(one) => {
          const found = operators.find((known) => known === one)
          if (found !== undefined) onChange({ operator: found })
        }}
        allowDeselect={false}
        w="10rem"
      />
      <TextInput
        aria-label={t('fields.value', { number })}
        value={value}
        onChange={(event) => onChange({ value: event.currentTarget.value })}
        flex="1 1 8rem"
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('removeCondition', { number })}
        onClick={onRemove}
      >
        <Icon name="trash" size={14} />
      </ActionIcon>
    </Group>
  )
}

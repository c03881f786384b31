/** A length of time as the API takes it (`90s`, `15m`, `2h`, `3d`): a number and a unit. */
import { Group, Input, NumberInput, Select } from '@mantine/core'
import { useTranslation } from 'react-i18next'

const units = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' } as const
type Unit = keyof typeof units

const isUnit = (text: string | null): text is Unit => text !== null && text in units

type Props = {
  readonly label: string
  readonly description?: string
  /** `15m`; '' is none. */
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error?: string | undefined
}

/** Two inputs in one line; an empty number gives ''. */
export const DurationInput = ({ label, description, value, onChange, error }: Props) => {
  const { t } = useTranslation('parts')
  const [, amount = '', found = 'm'] = /^(\d+)([smhd])$/.exec(value) ?? []
  const unit = isUnit(found) ? found : 'm'
  return (
    <Input.Wrapper label={label} description={description} error={error}>
      <Group gap="xs" wrap="nowrap">
        <NumberInput
          aria-label={`${label}: ${t('duration.amount')}`}
          value={amount === '' ? '' : Number(amount)}
          min={0}
          allowDecimal={false}
          allowNegative={false}
          w="7rem"
          onChange={(next) => onChange(next === '' ? '' : `${next}${unit}`)}
        />
        <Select
          aria-label={`${label}: ${t('duration.unit')}`}
          data={Object.entries(units).map(([key, text]) => ({
            value: key,
            label: t(`duration.${text}`),
          }))}
          value={unit}
          allowDeselect={false}
          w="8rem"
          onChange={(next) => onChange(amount === '' || !isUnit(next) ? '' : `${amount}${next}`)}
        />
      </Group>
    </Input.Wrapper>
  )
}

/** How the engine treats an integration: its rate, its circuit breaker, what becomes of a message without an answer. */
import { Accordion, Checkbox, Group, NumberInput, Select, Stack, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Integration } from './queries.ts'

export type EngineValues = {
  readonly enabled: boolean
  readonly isDefault: boolean
  readonly onUnknown: Integration['onUnknown']
  readonly limits: Integration['limits']
  readonly breaker: Integration['breaker']
}

/** As an integration has them; those of a new one are left to the connector. */
export const engineValuesOf = (integration: Integration | undefined): EngineValues => ({
  enabled: integration?.enabled ?? true,
  isDefault: integration?.isDefault ?? false,
  onUnknown: integration?.onUnknown ?? 'resend',
  limits: integration?.limits ?? null,
  breaker: integration?.breaker ?? null,
})

type Props = {
  readonly isSender: boolean
  readonly value: EngineValues
  readonly onChange: (change: Partial<EngineValues>) => void
  readonly problems: ReadonlyMap<string, string>
}

const numberOf = (value: string | number): number | undefined =>
  typeof value === 'number' ? value : undefined

/** Without members that are not set, and null when there is none left. */
const compact = <T extends object>(
  value: T,
): Required<{ [K in keyof T]: NonNullable<T[K]> }> | null => {
  const kept = Object.entries(value).filter(([, member]) => member !== undefined && member !== '')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the members that are left are those of T
  return kept.length === 0 ? null : (Object.fromEntries(kept) as never)
}

/** Closed until somebody wants them: the defaults do. */
export const EngineFields = (props: Props) => {
  const { t } = useTranslation('integrations')
  const { isSender, value, onChange } = props
  if (!isSender) return null
  return (
    <Accordion variant="separated" order={2}>
      <Accordion.Item value="engine">
        <Accordion.Control>{t('engine.title')}</Accordion.Control>
        <Accordion.Panel>
          <Stack gap="md">
            <Checkbox
              label={t('engine.isDefault')}
              description={t('engine.isDefaultAbout')}
              checked={value.isDefault}
              onChange={({ currentTarget }) => onChange({ isDefault: currentTarget.checked })}
            />
            <RateFields {...props} />
            <BreakerFields {...props} />
            <Select
              label={t('engine.onUnknown')}
              description={t('engine.onUnknownAbout')}
              allowDeselect={false}
              data={[
                { value: 'resend', label: t('engine.resend') },
                { value: 'hold', label: t('engine.hold') },
              ]}
              value={value.onUnknown}
              onChange={(next) => onChange({ onUnknown: next === 'hold' ? 'hold' : 'resend' })}
            />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
}

const RateFields = ({ value: { limits }, onChange, problems }: Props) => {
  const { t } = useTranslation('integrations')
  const rate = limits?.rate
  const putRate = (n: number | undefined, per: string): void => {
    const next = { ...limits, rate: n === undefined ? undefined : { ...rate, n, per } }
    onChange({ limits: compact(next) })
  }
  return (
    <Group align="flex-start" grow>
      <NumberInput
        label={t('engine.rate')}
        description={t('engine.rateAbout')}
        min={1}
        allowDecimal={false}
        hideControls
        placeholder={t('engine.unlimited')}
        value={rate?.n ?? ''}
        error={problems.get('/limits/rate/n')}
        onChange={(n) => putRate(numberOf(n), rate?.per ?? '1s')}
      />
      <TextInput
        label={t('engine.per')}
        description={t('engine.perAbout')}
        value={rate?.per ?? '1s'}
        disabled={rate === undefined}
        error={problems.get('/limits/rate/per')}
        onChange={({ currentTarget }) => putRate(rate?.n, currentTarget.value)}
      />
      <NumberInput
        label={t('engine.concurrency')}
        description={t('engine.concurrencyAbout')}
        min={1}
        allowDecimal={false}
        hideControls
        value={limits?.concurrency ?? ''}
        error={problems.get('/limits/concurrency')}
        onChange={(n) => onChange({ limits: compact({ ...limits, concurrency: numberOf(n) }) })}
      />
    </Group>
  )
}

const BreakerFields = ({ value: { breaker }, onChange, problems }: Props) => {
  const { t } = useTranslation('integrations')
  return (
    <Group align="flex-start" grow>
      <NumberInput
        label={t('engine.failures')}
        description={t('engine.failuresAbout')}
        min={1}
        allowDecimal={false}
        hideControls
        placeholder="5"
        value={breaker?.failures ?? ''}
        error={problems.get('/breaker/failures')}
        onChange={(n) => onChange({ breaker: compact({ ...breaker, failures: numberOf(n) }) })}
      />
      <TextInput
        label={t('engine.openFor')}
        description={t('engine.openForAbout')}
        placeholder="1h"
        value={breaker?.openFor ?? ''}
        error={problems.get('/breaker/openFor')}
        onChange={({ currentTarget }) =>
          onChange({ breaker: compact({ ...breaker, openFor: currentTarget.value }) })
        }
      />
    </Group>
  )
}

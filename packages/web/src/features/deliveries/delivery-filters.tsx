/** The filters of the list; they live in the address. Those without a field here (a campaign, an event) show as chips that can be taken off. */
import { Button, Group, MultiSelect, Select } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useZone } from '../../app/use-zone.ts'
import { FilterBar } from '../../components/filter-bar.tsx'
import { dateTime } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { readDeliverySearch, statesIn, type DeliverySearch } from './search.ts'
import { deliveryStates } from './states.ts'
import { useNames } from './use-names.ts'

const route = getRouteApi('/app/deliveries')

const hourMs = 3_600_000
const spans = { hour: hourMs, day: 24 * hourMs, week: 7 * 24 * hourMs } as const
type SpanName = keyof typeof spans
const isSpan = (text: string | null): text is SpanName => text !== null && text in spans

const chips = [
  'event',
  'campaign',
  'fanOut',
  'subscription',
  'userId',
  'recipient',
  'until',
] as const

/** How to change the filters: what is given is set, undefined takes off. */
const useChange = () => {
  const navigate = route.useNavigate()
  return (change: Readonly<Record<keyof DeliverySearch, string | undefined>> | object): void =>
    void navigate({
      search: (before) => readDeliverySearch({ ...before, ...change }),
      replace: true,
    })
}

/** The line of filters. */
export const DeliveryFilters = () => {
  const { t } = useTranslation('deliveries')
  const filter = route.useSearch()
  const names = useNames()
  const change = useChange()
  return (
    <FilterBar>
      <SearchBox
        label={t('filters.search')}
        value={filter.search}
        onChange={(search) => change({ search })}
      />
      <MultiSelect
        aria-label={t('columns.state')}
        placeholder={filter.state === undefined ? t('columns.state') : ''}
        data={deliveryStates.map((state) => ({ value: state, label: t(`states.${state}`) }))}
        value={[...statesIn(filter.state)]}
        onChange={(states) => change({ state: states.length === 0 ? undefined : states.join(',') })}
        clearable
        clearButtonProps={{ 'aria-label': t('filters.clear') }}
        w={{ base: 'calc(50% - 5px)', xs: '15rem' }}
      />
      <NameSelect name="integration" options={names.integrations} />
      <NameSelect name="rule" options={names.rules} />
      <SinceSelect />
      <Chips />
    </FilterBar>
  )
}

type Options = readonly { readonly id: string; readonly name: string }[]

const NameSelect = ({
  name,
  options,
}: {
  readonly name: 'integration' | 'rule'
  readonly options: Options
}) => {
  const { t } = useTranslation('deliveries')
  const value = route.useSearch()[name] ?? null
  const change = useChange()
  return (
    <Select
      aria-label={t(`filters.${name}`)}
      placeholder={t(`filters.${name}`)}
      data={options.map((one) => ({ value: one.id, label: one.name }))}
      // Its place is kept until the names are there.
      disabled={options.length === 0}
      value={value}
      onChange={(id) => change({ [name]: id ?? undefined })}
      clearable
      searchable
      clearButtonProps={{ 'aria-label': t('filters.clear') }}
      w={{ base: 'calc(50% - 5px)', xs: '12rem' }}
    />
  )
}

const SinceSelect = () => {
  const { t, i18n } = useTranslation('deliveries')
  const zone = useZone()
  const { since } = route.useSearch()
  const change = useChange()
  const pick = (name: string | null): void => {
    const from = isSpan(name) ? new Date(Date.now() - spans[name]).toISOString() : undefined
    change({ since: from })
  }
  const own =
    since === undefined
      ? []
      : [{ value: 'own', label: t('filters.since', { at: dateTime(since, zone, i18n.language) }) }]
  return (
    <Select
      aria-label={t('filters.time')}
      placeholder={t('filters.time')}
      data={[
        ...own,
        ...(['hour', 'day', 'week'] as const).map((name) => ({
          value: name,
          label: t(`filters.${name}`),
        })),
      ]}
      value={since === undefined ? null : 'own'}
      onChange={pick}
      clearable
      clearButtonProps={{ 'aria-label': t('filters.clear') }}
      w={{ base: 'calc(50% - 5px)', xs: '12rem' }}
    />
  )
}

const Chips = () => {
  const { t } = useTranslation('deliveries')
  const filter = route.useSearch()
  const change = useChange()
  const shown = chips.filter((name) => filter[name] !== undefined)
  return (
    <Group gap={6}>
      {shown.map((name) => (
        <Button
          key={name}
          size="compact-sm"
          variant="light"
          rightSection={<Icon name="cross" size={12} />}
          aria-label={t('filters.takeOff', { name: t(`chips.${name}`) })}
          onClick={() => change({ [name]: undefined })}
        >
          {t(`chips.${name}`)}: {filter[name]}
        </Button>
      ))}
    </Group>
  )
}

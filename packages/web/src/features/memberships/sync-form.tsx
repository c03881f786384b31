/** The form of a membership sync: from where, to which list, what happens to whom, when. */
import {
  Autocomplete,
  Button,
  Checkbox,
  Group,
  JsonInput,
  NumberInput,
  Select,
  Stack,
  TextInput,
} from '@mantine/core'
import { useForm, type UseFormReturnType } from '@mantine/form'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors, pointersOf } from '../../components/field-errors.ts'
import { isObjectText } from '../../components/is-object-text.ts'
import { LinkText } from '../../components/link-text.tsx'
import { connectorsQuery, integrationsQuery } from '../integrations/queries.ts'
import type { Sync } from './queries.ts'
import { bodyOf, fieldsOf, type SyncFields } from './sync-fields.ts'

export type SyncBody = Parameters<typeof api.membershipSyncs.create>[0]

type Props = {
  readonly sync?: Sync
  readonly onSave: (body: SyncBody) => Promise<void>
  readonly saveLabel: string
}

type Form = UseFormReturnType<SyncFields>

/** All fields and the button. */
export const SyncForm = ({ sync, onSave, saveLabel }: Props) => {
  const { t } = useTranslation('memberships')
  const form = useForm<SyncFields>({
    initialValues: fieldsOf(sync),
    validate: { filter: (text) => (isObjectText(text) ? null : t('fields.filterBroken')) },
  })
  const save = useMutation({
    mutationFn: async (fields: SyncFields) => await onSave(bodyOf(fields)),
    onError: (error) => {
      const { 'to.integration': toIntegration, 'to.list': list, ...errors } = fieldErrors(error)
      form.setErrors({
        ...errors,
        ...(toIntegration === undefined ? {} : { toIntegration }),
        ...(list === undefined ? {} : { list }),
      })
    },
  })
  return (
    <form onSubmit={form.onSubmit((fields) => save.mutate(fields))}>
      <Stack gap="md" maw="44rem">
        <TextInput
          label={t('fields.name')}
          required
          maxLength={200}
          {...form.getInputProps('name')}
        />
        <WayFields form={form} />
        <PolicyFields form={form} />
        <ScheduleFields form={form} />
        <ErrorNotice
          error={save.error}
          shown={[...pointersOf(Object.keys(form.values)), '/to/integration', '/to/list']}
        />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {saveLabel}
          </Button>
          <Checkbox
            label={t('fields.enabled')}
            {...form.getInputProps('enabled', { type: 'checkbox' })}
          />
        </Group>
      </Stack>
    </form>
  )
}

/** Integrations of connectors with member lists. */
const useRosters = () => {
  const connectors = useQuery(connectorsQuery).data ?? []
  const integrations = useQuery(integrationsQuery).data ?? []
  const kindsOf = (id: string) => connectors.find((one) => one.id === id)?.kinds ?? []
  const rosters = integrations.filter(({ connector }) => kindsOf(connector).includes('roster'))
  const choices = (kind: 'sender' | 'source') =>
    rosters
      .filter(({ connector }) => kind === 'source' || kindsOf(connector).includes('sender'))
      .map(({ id, name }) => ({ value: id, label: name }))
  return { from: choices('source'), to: choices('sender') }
}

const WayFields = ({ form }: { readonly form: Form }) => {
  const { t } = useTranslation('memberships')
  const rosters = useRosters()
  const { toIntegration } = form.values
  const lists = useQuery({
    queryKey: ['integrations', toIntegration, 'lists'],
    queryFn: async ({ signal }) =>
      (await api.integrations.getLists(toIntegration, { signal })).items,
    enabled: toIntegration !== '',
  })
  return (
    <>
      {rosters.to.length === 0 ? (
        <LinkText to="/integrations/new">{t('fields.noRoster')}</LinkText>
      ) : null}
      <Select
        label={t('fields.from')}
        description={t('fields.fromAbout')}
        data={rosters.from}
        required
        allowDeselect={false}
        {...form.getInputProps('from')}
      />
      <Select
        label={t('fields.toIntegration')}
        data={rosters.to}
        required
        allowDeselect={false}
        {...form.getInputProps('toIntegration')}
      />
      <Autocomplete
        label={t('fields.list')}
        description={lists.error === null ? t('fields.listAbout') : lists.error.message}
        data={(lists.data ?? []).map(({ address }) => address)}
        required
        {...form.getInputProps('list')}
      />
    </>
  )
}

const PolicyFields = ({ form }: { readonly form: Form }) => {
  const { t } = useTranslation('memberships')
  return (
    <>
      <Select
        label={t('fields.onInactive')}
        description={t('fields.onInactiveAbout')}
        allowDeselect={false}
        data={(['unsubscribe', 'hold'] as const).map((value) => ({
          value,
          label: t(`onInactive.${value}`),
        }))}
        {...form.getInputProps('onInactive')}
      />
      <Select
        label={t('fields.strangers')}
        description={t('fields.strangersAbout')}
        allowDeselect={false}
        data={(['inactive', 'keep'] as const).map((value) => ({
          value,
          label: t(`strangers.${value}`),
        }))}
        {...form.getInputProps('strangers')}
      />
      <JsonInput
        label={t('fields.filter')}
        description={t('fields.filterAbout')}
        autosize
        minRows={2}
        {...form.getInputProps('filter')}
      />
      <NumberInput
        label={t('fields.guard')}
        description={t('fields.guardAbout')}
        min={0}
        max={100}
        suffix=" %"
        {...form.getInputProps('maxRemovalsPercent')}
      />
    </>
  )
}

const ScheduleFields = ({ form }: { readonly form: Form }) => {
  const { t } = useTranslation('memberships')
  return (
    <Group grow align="flex-start">
      <Select
        label={t('fields.when')}
        allowDeselect={false}
        data={(['hand', 'every', 'cron'] as const).map((value) => ({
          value,
          label: t(`when.${value}`),
        }))}
        {...form.getInputProps('when')}
      />
      {form.values.when === 'hand' ? null : (
        <TextInput
          label={t(`fields.${form.values.when}`)}
          description={t(`fields.${form.values.when}About`)}
          required
          {...form.getInputProps(form.values.when)}
        />
      )}
    </Group>
  )
}

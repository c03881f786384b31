/** The tenant's name, language and time zone. Shared by the settings and the first run. */
import { Button, Group, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { languages } from '../../app/languages.ts'
import { meQuery } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'

type Tenant = Awaited<ReturnType<typeof api.tenant.get>>

type Props = {
  readonly tenant: Pick<Tenant, 'name' | 'language' | 'timeZone'>
  readonly submitLabel: string
  readonly onSaved: () => void
}

const zones = (): readonly string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')]

/** Three fields and a button. */
export const TenantForm = ({ tenant, submitLabel, onSaved }: Props) => {
  const { t } = useTranslation('settings')
  const queries = useQueryClient()
  const { name, language, timeZone } = tenant
  const form = useForm({ initialValues: { name, language, timeZone } })
  const save = useMutation({
    mutationFn: async (values: typeof form.values) => await api.tenant.update(values),
    onSuccess: async (saved) => {
      queries.setQueryData(['tenant'], saved)
      await queries.invalidateQueries({ queryKey: meQuery.queryKey })
      onSaved()
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm" maw="28rem">
        <ErrorNotice error={save.error} shown={['/name', '/language', '/timeZone']} />
        <TextInput
          label={t('tenant.name')}
          description={t('tenant.nameAbout')}
          required
          maxLength={200}
          {...form.getInputProps('name')}
        />
        <Select
          label={t('tenant.language')}
          description={t('tenant.languageAbout')}
          data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
          allowDeselect={false}
          {...form.getInputProps('language')}
        />
        <Select
          label={t('tenant.timeZone')}
          description={t('tenant.timeZoneAbout')}
          data={[...zones()]}
          searchable
          allowDeselect={false}
          nothingFoundMessage={t('tenant.noZone')}
          {...form.getInputProps('timeZone')}
        />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {submitLabel}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

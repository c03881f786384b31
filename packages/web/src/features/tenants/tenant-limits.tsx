/** How much a tenant may ask, and how long its events and deliveries are kept. */
import { Button, Group, NumberInput, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'

type Tenant = Awaited<ReturnType<typeof api.tenants.get>>

const names = [
  'subscriptionsPerMinute',
  'triggersPerMinute',
  'eventsPerMinute',
  'hooksPerMinute',
] as const

/** Numbers; an empty retention is for ever. */
export const TenantLimits = ({ tenant }: { readonly tenant: Tenant }) => {
  const { t } = useTranslation('tenants')
  const queries = useQueryClient()
  const start: { limits: Tenant['limits']; retentionDays: number | '' } = {
    limits: tenant.limits,
    retentionDays: tenant.retentionDays ?? '',
  }
  const form = useForm({ initialValues: start })
  const save = useMutation({
    mutationFn: async ({ limits, retentionDays }: typeof start) =>
      await api.tenants.update(tenant.id, {
        limits,
        retentionDays: retentionDays === '' ? null : retentionDays,
      }),
    onSuccess: async () => {
      notifications.show({ message: t('saved') })
      await queries.invalidateQueries({ queryKey: ['tenants'] })
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm" maw="24rem">
        <ErrorNotice error={save.error} />
        {names.map((name) => (
          <NumberInput
            key={name}
            label={t(`limits.${name}`)}
            description={t('limits.zero')}
            min={0}
            allowDecimal={false}
            thousandSeparator=" "
            {...form.getInputProps(`limits.${name}`)}
          />
        ))}
        <NumberInput
          label={t('limits.retention')}
          description={t('limits.retentionAbout')}
          min={1}
          allowDecimal={false}
          {...form.getInputProps('retentionDays')}
        />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {t('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

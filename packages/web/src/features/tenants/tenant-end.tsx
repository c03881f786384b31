/** Suspending a tenant, letting it go on, deleting it (seven days to think again), and bringing it back. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'

type Tenant = Awaited<ReturnType<typeof api.tenants.get>>

/** Buttons for what its state allows. */
export const TenantEnd = ({ tenant }: { readonly tenant: Tenant }) => {
  const { t } = useTranslation('tenants')
  const queries = useQueryClient()
  const onSuccess = async (): Promise<void> =>
    await queries.invalidateQueries({ queryKey: ['tenants'] })
  const suspend = useMutation({
    mutationFn: async (suspended: boolean) => await api.tenants.update(tenant.id, { suspended }),
    onSuccess,
  })
  const restore = useMutation({
    mutationFn: async () => await api.tenants.restore(tenant.id),
    onSuccess,
  })
  return (
    <Stack gap="sm">
      <Text c="dimmed">{t('end.about')}</Text>
      <ErrorNotice error={suspend.error ?? restore.error} />
      <Group gap="xs">
        {tenant.state === 'deleted' ? (
          <Button loading={restore.isPending} onClick={() => restore.mutate()}>
            {t('end.restore')}
          </Button>
        ) : (
          <>
            <Button
              variant="default"
              loading={suspend.isPending}
              onClick={() => suspend.mutate(tenant.state === 'active')}
            >
              {tenant.state === 'active' ? t('end.suspend') : t('end.resume')}
            </Button>
            <DeleteTenant tenant={tenant} />
          </>
        )}
      </Group>
    </Stack>
  )
}

const DeleteTenant = ({ tenant }: { readonly tenant: Tenant }) => {
  const { t } = useTranslation('tenants')
  const queries = useQueryClient()
  const [isAsking, { open, close }] = useDisclosure(false)
  const [typed, setTyped] = useState('')
  const remove = useMutation({
    mutationFn: async () => await api.tenants.delete(tenant.id, { confirm: typed }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['tenants'] })
    },
  })
  return (
    <>
      <Button variant="light" color="red" onClick={open}>
        {t('end.delete')}
      </Button>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={close}
        title={t('end.deleteTitle', { name: tenant.name })}
        action={t('end.delete')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        error={remove.error}
      >
        <Stack gap="sm">
          <Text>{t('end.deleteAbout')}</Text>
          <TextInput
            label={t('end.type', { slug: tenant.slug })}
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </Stack>
      </ConfirmWithCount>
    </>
  )
}

/** Makes a tenant: its name for people, and the one that stands in addresses. */
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'

/** "Acme S.p.A." -> "acme-s-p-a" */
const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)

/** A dialog; then it goes to the new tenant. */
export const NewTenantDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const { t } = useTranslation('tenants')
  const form = useForm({ initialValues: { name: '', slug: '' } })
  const make = useMutation({
    mutationFn: async (values: typeof form.values) =>
      await api.tenants.create({
        ...values,
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      }),
    onSuccess: ({ slug }) => globalThis.location.assign(`/t/${slug}/settings`),
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('make.title')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form onSubmit={form.onSubmit((values) => make.mutate(values))}>
        <Stack gap="sm">
          <ErrorNotice error={make.error} shown={['/name', '/slug']} />
          <TextInput
            label={t('columns.name')}
            required
            data-autofocus
            {...form.getInputProps('name')}
            onChange={({ currentTarget }) => {
              const isOwn = form.values.slug !== slugOf(form.values.name)
              form.setFieldValue('name', currentTarget.value)
              if (!isOwn) form.setFieldValue('slug', slugOf(currentTarget.value))
            }}
          />
          <TextInput
            label={t('columns.slug')}
            description={t('make.slugAbout')}
            required
            {...form.getInputProps('slug')}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={make.isPending}>
              {t('make.button')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

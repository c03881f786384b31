/** Makes an account; the link to choose a password is shown once. */
import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'
import { LinkOnce } from '../../components/link-once.tsx'

/** A dialog; afterwards it holds the link. */
export const NewUserDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const { t } = useTranslation('users')
  const queries = useQueryClient()
  const form = useForm({ initialValues: { email: '', name: '', platformAdmin: false } })
  const make = useMutation({
    mutationFn: async (values: typeof form.values) => await api.users.create(values),
    onSuccess: async () => await queries.invalidateQueries({ queryKey: ['users'] }),
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  const link = make.data?.passwordLink
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('make.title')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {typeof link === 'string' ? (
        <Stack gap="sm">
          <LinkOnce title={t('link.title')} about={t('link.about')} secret={link} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t('done')}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={form.onSubmit((values) => make.mutate(values))}>
          <Stack gap="sm">
            <ErrorNotice error={make.error} shown={['/email', '/name']} />
            <TextInput
              label={t('columns.name')}
              required
              data-autofocus
              {...form.getInputProps('name')}
            />
            <TextInput
              label={t('columns.email')}
              type="email"
              required
              {...form.getInputProps('email')}
            />
            <Checkbox
              label={t('platformAdmin')}
              description={t('platformAdminAbout')}
              {...form.getInputProps('platformAdmin', { type: 'checkbox' })}
            />
            <Group justify="flex-end">
              <Button type="submit" loading={make.isPending}>
                {t('make.submit')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}

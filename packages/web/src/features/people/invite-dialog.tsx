/** Invites somebody: by a mail to the address, or with a link to hand over oneself. */
import { Button, Group, Modal, Radio, Select, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'
import { LinkOnce } from '../../components/link-once.tsx'

type Values = {
  readonly email: string
  readonly role: 'admin' | 'member'
  readonly deliver: 'mail' | 'link'
}

const useInvite = () => {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (values: Values) => await api.invitations.create(values),
    onSuccess: async () => await queries.invalidateQueries({ queryKey: ['invitations'] }),
  })
}

/** A dialog; when the invitation is made it says what became of it. */
export const InviteDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const { t } = useTranslation('people')
  const invite = useInvite()
  const made = invite.data
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('invite.title')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {made === undefined ? (
        <InviteForm invite={invite} />
      ) : (
        <Stack gap="sm">
          {made.mailed ? (
            <Text role="status">{t('invite.mailed', { email: made.email })}</Text>
          ) : null}
          {made.link === null ? null : (
            <LinkOnce
              title={t('invite.linkTitle')}
              about={t('invite.linkAbout')}
              secret={made.link}
            />
          )}
          <Group justify="flex-end">
            <Button onClick={onClose}>{t('invite.done')}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}

const InviteForm = ({ invite }: { readonly invite: ReturnType<typeof useInvite> }) => {
  const { t } = useTranslation('people')
  const form = useForm<Values>({ initialValues: { email: '', role: 'member', deliver: 'mail' } })
  const submit = (values: Values): void =>
    invite.mutate(values, { onError: (error) => form.setErrors(fieldErrors(error)) })
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="sm">
        <ErrorNotice error={invite.error} shown={['/email']} />
        <TextInput
          label={t('columns.email')}
          type="email"
          required
          data-autofocus
          {...form.getInputProps('email')}
        />
        <Select
          label={t('columns.role')}
          description={t(`roleAbout.${form.values.role}`)}
          data={[
            { value: 'member', label: t('roles.member') },
            { value: 'admin', label: t('roles.admin') },
          ]}
          allowDeselect={false}
          {...form.getInputProps('role')}
        />
        <Radio.Group label={t('invite.how')} {...form.getInputProps('deliver')}>
          <Stack gap="xs" mt="xs">
            <Radio value="mail" label={t('invite.mail')} />
            <Radio value="link" label={t('invite.link')} />
          </Stack>
        </Radio.Group>
        <Group justify="flex-end">
          <Button type="submit" loading={invite.isPending}>
            {t('invite.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

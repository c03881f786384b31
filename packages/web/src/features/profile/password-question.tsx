/** Asks for the password before the second factor is changed, and makes the change. */
import { Button, Group, Modal, PasswordInput, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { meQuery } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'

export type FactorChange = 'enable' | 'disable' | 'codes'

/** What the change has made: shown once. */
type Made = { readonly totpUri: string | undefined; readonly backupCodes: readonly string[] }

type Props = {
  readonly change: FactorChange
  readonly onClose: () => void
  readonly onDone: (made: Made) => void
}

const make = async (change: FactorChange, password: string): Promise<Made> => {
  if (change === 'enable') return await api.auth.twoFactorEnable({ password })
  if (change === 'codes') {
    const { backupCodes } = await api.auth.twoFactorGenerateBackupCodes({ password })
    return { totpUri: undefined, backupCodes }
  }
  await api.auth.twoFactorDisable({ password })
  return { totpUri: undefined, backupCodes: [] }
}

/** A dialog with one field. */
export const PasswordQuestion = ({ change, onClose, onDone }: Props) => {
  const { t } = useTranslation('profile')
  const queries = useQueryClient()
  const form = useForm({ initialValues: { password: '' } })
  const run = useMutation({
    mutationFn: async (values: typeof form.values) => await make(change, values.password),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: meQuery.queryKey })
      onDone(made)
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(`factor.titles.${change}`)}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form onSubmit={form.onSubmit((values) => run.mutate(values))}>
        <Stack gap="sm">
          <ErrorNotice error={run.error} />
          <PasswordInput
            label={t('password.current')}
            autoComplete="current-password"
            required
            data-autofocus
            visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
            {...form.getInputProps('password')}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={run.isPending}>
              {t('factor.continue')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

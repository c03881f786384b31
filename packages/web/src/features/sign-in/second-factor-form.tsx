/** The second step of signing in: a code of the authenticator, or one of the backup codes. */
import { Anchor, Button, Checkbox, Group, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'

type Props = {
  readonly onDone: () => void
  /** Back to the password: the first step is valid for some minutes only. */
  readonly onBack: () => void
}

/** Asks for six digits; "lost" changes to backup codes. */
export const SecondFactorForm = ({ onDone, onBack }: Props) => {
  const { t } = useTranslation('sign-in')
  const [isBackup, setIsBackup] = useState(false)
  const form = useForm({ initialValues: { code: '', trustDevice: false } })
  const verify = useMutation({
    mutationFn: async ({ code, trustDevice }: typeof form.values) => {
      const body = { code: code.trim(), trustDevice }
      return isBackup
        ? await api.auth.twoFactorVerifyBackupCode(body)
        : await api.auth.twoFactorVerifyTotp(body)
    },
    onSuccess: onDone,
  })
  return (
    <form onSubmit={form.onSubmit((values) => verify.mutate(values))}>
      <Stack gap="sm">
        <ErrorNotice error={verify.error} />
        <TextInput
          key={isBackup ? 'backup' : 'totp'}
          label={isBackup ? t('code.backup') : t('code.totp')}
          autoComplete="one-time-code"
          inputMode={isBackup ? 'text' : 'numeric'}
          required
          autoFocus
          {...form.getInputProps('code')}
        />
        <Checkbox
          label={t('code.trust')}
          {...form.getInputProps('trustDevice', { type: 'checkbox' })}
        />
        <Button type="submit" loading={verify.isPending}>
          {t('code.submit')}
        </Button>
        <Group justify="space-between">
          <Anchor component="button" type="button" onClick={() => setIsBackup(!isBackup)}>
            {isBackup ? t('code.useTotp') : t('code.useBackup')}
          </Anchor>
          <Anchor component="button" type="button" onClick={onBack}>
            {t('back')}
          </Anchor>
        </Group>
      </Stack>
    </form>
  )
}

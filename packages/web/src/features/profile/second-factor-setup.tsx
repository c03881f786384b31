/** The way of a new authenticator: its secret, then a first code, from which on codes are asked for. */
import { Alert, Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { meQuery } from '../../app/session.ts'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { QrCode } from '../../components/qr-code.tsx'

type Props = {
  /** `otpauth://totp/…` */
  readonly uri: string
  readonly onDone: () => void
}

/** The secret as authenticators take it by hand: in groups of four. */
const secretOf = (uri: string): string =>
  (new URL(uri).searchParams.get('secret') ?? '').replaceAll(/(.{4})(?=.)/g, '$1 ')

/** Picture, secret, link and the field for the code. */
export const SecondFactorSetup = ({ uri, onDone }: Props) => {
  const { t } = useTranslation('profile')
  const queries = useQueryClient()
  const form = useForm({ initialValues: { code: '' } })
  const verify = useMutation({
    mutationFn: async ({ code }: typeof form.values) =>
      await api.auth.twoFactorVerifyTotp({ code: code.replaceAll(' ', '') }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: meQuery.queryKey })
      onDone()
    },
  })
  return (
    <Alert color="gray" title={t('factor.add')}>
      <form onSubmit={form.onSubmit((values) => verify.mutate(values))}>
        <Stack gap="sm">
          <Text>{t('factor.how')}</Text>
          <QrCode text={uri} label={t('factor.picture')} />
          <Group gap="sm">
            <CopyId id={secretOf(uri)} />
            <Anchor href={uri}>{t('factor.open')}</Anchor>
          </Group>
          <ErrorNotice error={verify.error} />
          <TextInput
            label={t('factor.code')}
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            maw="14rem"
            {...form.getInputProps('code')}
          />
          <Group>
            <Button type="submit" loading={verify.isPending}>
              {t('factor.confirm')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Alert>
  )
}

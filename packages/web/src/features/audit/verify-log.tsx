/** Checks the chain of hashes from the first entry to the last. */
import { Alert, Button, Group, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { api } from '../../app/api.ts'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'

type Props = { readonly log: Pick<typeof api.auditLog, 'verify'> }

/** A button, then the verdict. */
export const VerifyLog = ({ log }: Props) => {
  const { t, i18n } = useTranslation('audit')
  const verify = useMutation({ mutationFn: async () => await log.verify() })
  const { data } = verify
  return (
    <>
      <Group>
        <Button
          variant="default"
          leftSection={<Icon name="shield" />}
          loading={verify.isPending}
          onClick={() => verify.mutate()}
        >
          {t('verify.button')}
        </Button>
      </Group>
      <ErrorNotice error={verify.error} />
      {data === undefined ? null : (
        <Alert
          role="status"
          color={data.ok ? 'green' : 'red'}
          icon={<Icon name={data.ok ? 'check' : 'alert'} size={18} />}
          title={data.ok ? t('verify.ok') : t('verify.broken', { number: data.firstBroken ?? 0 })}
        >
          <Text>
            {t('verify.entries', {
              number: wholeNumber(data.entries, i18n.language),
              count: data.entries,
            })}
          </Text>
          {data.hash === null ? null : (
            <Group gap="xs">
              {t('verify.hash')} <CopyId id={data.hash} />
            </Group>
          )}
        </Alert>
      )}
    </>
  )
}

/** The codes that let one in without the authenticator: shown once. */
import { Alert, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { CodeBlock } from '../../components/code-block.tsx'

/** All of them, to be copied. */
export const BackupCodes = ({ codes }: { readonly codes: readonly string[] }) => {
  const { t } = useTranslation('profile')
  return (
    <Alert color="gray" title={t('factor.codes')}>
      <Stack gap="xs">
        <Text>{t('factor.codesAbout')}</Text>
        <CodeBlock code={codes.join('\n')} label={t('factor.codes')} />
      </Stack>
    </Alert>
  )
}

/** What somebody sees who is signed in and in no tenant: why there is nothing, and what to do. */
import { Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** Says whom to ask. */
export const NoTenant = () => {
  const { t } = useTranslation()
  return (
    <Stack p="xl" gap="sm" maw="36rem">
      <Title order={1}>{t('noTenant.title')}</Title>
      <Text c="dimmed">{t('noTenant.text')}</Text>
    </Stack>
  )
}

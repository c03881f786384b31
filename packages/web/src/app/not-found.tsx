/** What a path that leads nowhere shows. */
import { Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { LinkText } from '../components/link-text.tsx'

/** Says so, and leads back. */
export const NotFound = () => {
  const { t } = useTranslation()
  return (
    <Stack component="main" p="xl" gap="sm" align="flex-start">
      <Title order={1}>{t('notFound.title')}</Title>
      <Text c="dimmed">{t('notFound.text')}</Text>
      <LinkText to="/">{t('notFound.back')}</LinkText>
    </Stack>
  )
}

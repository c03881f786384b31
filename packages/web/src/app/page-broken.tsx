/** What is shown when a page can't be drawn: what happened, and a way on. */
import { Button, Group, Stack, Title } from '@mantine/core'
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ErrorNotice } from '../components/error-notice.tsx'

/** Shows the error, and offers to try again. */
export const PageBroken = ({ error }: ErrorComponentProps) => {
  const { t } = useTranslation()
  const router = useRouter()
  return (
    <Stack p="xl" gap="sm" maw="40rem">
      <Title order={1}>{t('broken.title')}</Title>
      <ErrorNotice error={error} />
      <Group>
        <Button onClick={() => void router.invalidate()}>{t('broken.again')}</Button>
        <Button variant="default" onClick={() => globalThis.location.reload()}>
          {t('broken.reload')}
        </Button>
      </Group>
    </Stack>
  )
}

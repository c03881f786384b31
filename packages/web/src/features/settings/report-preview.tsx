/** Yesterday's report as the mail would show it. */
import { Button, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { SandboxedHtml } from '../../components/sandboxed-html.tsx'
import { Waiting } from '../../components/waiting.tsx'

/** A button that opens it. */
export const ReportPreview = () => {
  const { t } = useTranslation('settings')
  const [isOpen, { open, close }] = useDisclosure(false)
  const { data, error } = useQuery({
    queryKey: ['reports', 'preview'],
    queryFn: async ({ signal }) => await api.reports.getDaily({}, { signal }),
    enabled: isOpen,
  })
  return (
    <>
      <Button variant="default" onClick={open}>
        {t('report.preview')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        size="xl"
        title={t('report.title')}
        closeButtonProps={{ 'aria-label': t('report.close') }}
      >
        <ErrorNotice error={error} />
        {data === undefined && error === null ? <Waiting /> : null}
        {data === undefined ? null : (
          <Stack>
            <Text fw={500}>{data.mail.subject}</Text>
            <SandboxedHtml html={data.mail.html} title={data.mail.subject} height="60vh" />
          </Stack>
        )}
      </Modal>
    </>
  )
}

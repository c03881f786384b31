/** What an entry says in detail, on demand. */
import { Button, Modal, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import { Facts } from '../../components/facts.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { When } from '../../components/when.tsx'

type Props = {
  readonly entry: {
    readonly number: number
    readonly at: string
    readonly actor: string
    readonly action: string
    readonly details: unknown
    readonly hash: string
  }
}

/** A button that opens it. */
export const AuditDetails = ({ entry }: Props) => {
  const { t } = useTranslation('audit')
  const [isOpen, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        onClick={open}
        aria-label={t('show', { number: entry.number })}
      >
        {t('details')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        size="lg"
        title={`${entry.number} · ${entry.action}`}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        <Stack>
          <Facts
            items={[
              [t('columns.at'), <When key="at" at={entry.at} />],
              [t('columns.actor'), entry.actor],
              [t('hash'), entry.hash],
            ]}
          />
          <JsonView value={entry.details} label={t('details')} />
        </Stack>
      </Modal>
    </>
  )
}

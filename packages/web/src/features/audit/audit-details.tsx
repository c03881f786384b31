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
    readonly mentioned: readonly Mentioned[]
    readonly hash: string
  }
}

type Mentioned = { readonly uuid: string; readonly id: string; readonly name: string | null }

/** The details with names and ids of the API in place of the database's. What is not there any more stays as it was written. */
const named = (value: unknown, things: readonly Mentioned[]): unknown => {
  if (typeof value === 'string') {
    const thing = things.find(({ uuid }) => uuid === value)
    if (thing === undefined) return value
    return thing.name === null ? thing.id : `${thing.name} (${thing.id})`
  }
  if (Array.isArray(value)) return value.map((each) => named(each, things))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, named(each, things)]))
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
          <JsonView value={named(entry.details, entry.mentioned)} label={t('details')} />
        </Stack>
      </Modal>
    </>
  )
}

/** The question before what can't be undone: how many, a sample, what is lost. Over 1,000 one types the number. */
import { Button, Group, List, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useId, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ErrorNotice } from './error-notice.tsx'
import { wholeNumber } from './format.ts'

/** From here on the number has to be typed. */
const typedFrom = 1_000

type Props = {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly title: string
  /** What will happen, and what can not be undone. */
  readonly children: ReactNode
  /** How many things it is about; 1 when absent. */
  readonly count?: number
  /** Some of them, by name. */
  readonly sample?: readonly string[]
  /** The word on the button: "Delete", not "OK". */
  readonly action: string
  readonly onConfirm: () => void
  readonly isPending?: boolean
  readonly error?: unknown
  /** False for what can be undone: the button is then not red. */
  readonly isDangerous?: boolean
}

/** A dialog; it stays open while the work goes on, and shows what went wrong. */
export const ConfirmWithCount = (props: Props) => {
  const { t, i18n } = useTranslation('parts')
  const { isOpen, onClose, title, children, count = 1, sample = [], isDangerous = true } = props
  const [typed, setTyped] = useState('')
  const id = useId()
  const mustType = count >= typedFrom
  const isTyped = typed.replaceAll(/\D/g, '') === String(count)
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Stack gap="sm">
        <Text component="div">{children}</Text>
        {sample.length === 0 ? null : (
          <List size="sm">
            {sample.map((name) => (
              <List.Item key={name}>{name}</List.Item>
            ))}
            {count > sample.length ? (
              <List.Item>{t('confirm.more', { count: count - sample.length })}</List.Item>
            ) : null}
          </List>
        )}
        {mustType ? (
          <TextInput
            id={id}
            label={t('confirm.type', { number: wholeNumber(count, i18n.language) })}
            value={typed}
            inputMode="numeric"
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        ) : null}
        <ErrorNotice error={props.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button
            {...(isDangerous ? { color: 'red' } : {})}
            disabled={mustType && !isTyped}
            loading={props.isPending ?? false}
            onClick={props.onConfirm}
          >
            {props.action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

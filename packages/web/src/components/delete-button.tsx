/**
 * The way out of an object: a button, the question that says what is lost, the deed, a notice that it is done. Not for what is
 * asked again with more force after a refusal, and not for what can be undone.
 */
import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmWithCount } from './confirm-with-count.tsx'
import { Icon } from './icon.tsx'

type Props = {
  /** The word on both buttons: "Delete", "Revoke". */
  readonly action: string
  /** The question, with the object's name. */
  readonly question: string
  /** What it means, how much hangs on it, and what can't be undone. */
  readonly children: ReactNode
  readonly name: string
  readonly remove: () => Promise<unknown>
  /** What has to be read again afterwards: the list. */
  readonly changes: QueryKey
  /** The object itself: it is asked for no more. */
  readonly gone?: QueryKey
  /** Leaves the place that showed it. */
  readonly onGone?: () => Promise<void> | void
  /** Said afterwards instead of '"x" is deleted'. */
  readonly done?: string
  /** In a row of a table: small, and with the name for screen readers. */
  readonly isInRow?: boolean
}

/** Shown to who may do it only: that is the caller's part. */
export const DeleteButton = (props: Props) => {
  const { action, question, children, name, isInRow = false } = props
  const [isAsking, { open, close }] = useDisclosure(false)
  const removal = useRemoval(props, close)
  return (
    <>
      <Button
        variant="default"
        onClick={open}
        {...(isInRow
          ? { size: 'compact-xs', 'aria-label': `${action}: ${name}` }
          : { leftSection: <Icon name="trash" size={14} /> })}
      >
        {action}
      </Button>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={close}
        title={question}
        action={action}
        onConfirm={() => removal.mutate()}
        isPending={removal.isPending}
        error={removal.error}
      >
        {children}
      </ConfirmWithCount>
    </>
  )
}

const useRemoval = ({ remove, changes, gone, onGone, done, name }: Props, close: () => void) => {
  const { t } = useTranslation('parts')
  const queries = useQueryClient()
  return useMutation({
    mutationFn: remove,
    onSuccess: async () => {
      close()
      notifications.show({ message: done ?? t('deleted', { name }) })
      await onGone?.()
      // Read again while it is still drawn, it would be an error: there is no such thing any more.
      if (gone !== undefined) queries.removeQueries({ queryKey: gone })
      await queries.invalidateQueries({ queryKey: changes })
    },
  })
}

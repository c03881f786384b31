/** A short list of names that contacts refer to, each to be renamed or deleted: what tags and operators have in common. */
import { ActionIcon, Button, Group, Modal, Stack, Table, Text, TextInput } from '@mantine/core'
import { CarillonError } from '@carillon/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Icon } from '../../components/icon.tsx'
import { useMay } from '../../app/session.ts'

export type Named = { readonly id: string; readonly key: string; readonly name: string }

export type NamedKind = {
  /** Words below `tags` or `operators`. */
  readonly texts: 'tags' | 'operators'
  readonly rename: (id: string, name: string) => Promise<unknown>
  readonly remove: (id: string, force: boolean) => Promise<void>
  /** The link to the contacts that have it. */
  readonly link: (one: Named) => ReactNode
}

type Props = NamedKind & { readonly items: readonly Named[] }

/** The table with its dialogs. */
export const NamedList = ({ items, ...kind }: Props) => {
  const { t } = useTranslation('contacts')
  const [renamed, setRenamed] = useState<Named>()
  const [removed, setRemoved] = useState<Named>()
  const mayWrite = useMay('contacts:write')
  return (
    <>
      <Table aria-label={t(`${kind.texts}.title`)}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t(`${kind.texts}.one`)}</Table.Th>
            {kind.texts === 'operators' ? (
              <Table.Th scope="col">{t('fields.name')}</Table.Th>
            ) : null}
            {mayWrite ? (
              <Table.Th scope="col" ta="end">
                {t('actions')}
              </Table.Th>
            ) : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td>{kind.link(one)}</Table.Td>
              {kind.texts === 'operators' ? (
                <Table.Td>{one.name === '' ? '–' : one.name}</Table.Td>
              ) : null}
              {mayWrite ? (
                <Table.Td>
                  <RowActions
                    name={one.key}
                    onRename={() => setRenamed(one)}
                    onRemove={() => setRemoved(one)}
                  />
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {renamed === undefined ? null : (
        <Rename one={renamed} kind={kind} onClose={() => setRenamed(undefined)} />
      )}
      {removed === undefined ? null : (
        <Remove one={removed} kind={kind} onClose={() => setRemoved(undefined)} />
      )}
    </>
  )
}

type RowProps = {
  readonly name: string
  readonly onRename: () => void
  readonly onRemove: () => void
}

const RowActions = ({ name, onRename, onRemove }: RowProps) => {
  const { t } = useTranslation('contacts')
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('named.rename', { name })}
        onClick={onRename}
      >
        <Icon name="edit" />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('named.delete', { name })}
        onClick={onRemove}
      >
        <Icon name="trash" />
      </ActionIcon>
    </Group>
  )
}

type DialogProps = {
  readonly one: Named
  readonly kind: NamedKind
  readonly onClose: () => void
}

const Rename = ({ one, kind, onClose }: DialogProps) => {
  const { t } = useTranslation('contacts')
  const [name, setName] = useState(one.name)
  const queries = useQueryClient()
  const rename = useMutation({
    mutationFn: async () => await kind.rename(one.id, name),
    onSuccess: async () => {
      onClose()
      await queries.invalidateQueries({ queryKey: [kind.texts] })
      await queries.invalidateQueries({ queryKey: ['contacts'] })
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('named.rename', { name: one.key })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          rename.mutate()
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={t('fields.name')}
            value={name}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <ErrorNotice error={rename.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={rename.isPending}>
              {t('form.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** The server says how many contacts have it; only then it is asked whether they shall lose it. */
const Remove = ({ one, kind, onClose }: DialogProps) => {
  const { t } = useTranslation('contacts')
  const queries = useQueryClient()
  const [isUsed, setUsed] = useState(false)
  const remove = useMutation({
    mutationFn: async () => await kind.remove(one.id, isUsed),
    onSuccess: async () => {
      onClose()
      await queries.invalidateQueries({ queryKey: [kind.texts] })
      await queries.invalidateQueries({ queryKey: ['contacts'] })
    },
    onError: (error) => setUsed(isUsed || (error instanceof CarillonError && error.status === 409)),
  })
  return (
    <ConfirmWithCount
      isOpen
      onClose={onClose}
      title={t('named.delete', { name: one.key })}
      action={t(isUsed ? 'named.force' : 'delete.action')}
      onConfirm={() => remove.mutate()}
      isPending={remove.isPending}
      error={remove.error}
    >
      <Text>{t(`${kind.texts}.delete`)}</Text>
    </ConfirmWithCount>
  )
}

/** The dialog that begins to follow a remote item. */
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors, pointersOf } from '../../components/field-errors.ts'
import { LinkText } from '../../components/link-text.tsx'
import { connectorsQuery, integrationsQuery } from '../integrations/queries.ts'

type Props = { readonly isOpen: boolean; readonly onClose: () => void }

/** The integrations that can follow something. */
const useTrackers = () => {
  const connectors = useQuery(connectorsQuery).data ?? []
  const integrations = useQuery(integrationsQuery).data ?? []
  const trackers = new Set(
    connectors.filter(({ kinds }) => kinds.includes('tracker')).map(({ id }) => id),
  )
  return integrations.filter(({ connector }) => trackers.has(connector))
}

/** Integration, id over there, one's own name of it. */
export const FollowDialog = ({ isOpen, onClose }: Props) => {
  const { t } = useTranslation('tracked-items')
  const parts = useTranslation('parts')
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={t('follow.button')}
      closeButtonProps={{ 'aria-label': parts.t('close') }}
    >
      <FollowForm onDone={onClose} />
    </Modal>
  )
}

const FollowForm = ({ onDone }: { readonly onDone: () => void }) => {
  const { t } = useTranslation('tracked-items')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const trackers = useTrackers()
  const form = useForm({ initialValues: { integration: '', remoteId: '', reference: '' } })
  const follow = useMutation({
    mutationFn: async ({ reference, ...rest }: typeof form.values) =>
      await api.trackedItems.create({ ...rest, ...(reference === '' ? {} : { reference }) }),
    onSuccess: async ({ id }) => {
      onDone()
      await queries.invalidateQueries({ queryKey: ['tracked-items'] })
      await navigate({ to: '/tracked-items/$id', params: { id } })
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  if (trackers.length === 0)
    return <LinkText to="/integrations/new">{t('follow.noTracker')}</LinkText>
  return (
    <form onSubmit={form.onSubmit((values) => follow.mutate(values))}>
      <Stack gap="sm">
        <Select
          label={t('follow.integration')}
          data={trackers.map(({ id, name }) => ({ value: id, label: name }))}
          required
          {...form.getInputProps('integration')}
        />
        <TextInput
          label={t('follow.remoteId')}
          placeholder="tx_…"
          required
          {...form.getInputProps('remoteId')}
        />
        <TextInput
          label={t('columns.reference')}
          description={t('follow.referenceAbout')}
          {...form.getInputProps('reference')}
        />
        <ErrorNotice error={follow.error} shown={pointersOf(Object.keys(form.values))} />
        <Group justify="flex-end">
          <Button type="submit" loading={follow.isPending}>
            {t('follow.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** What can be done with one delivery: send it again, end it, ask why, copy the call. */
import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { explainScopes } from '../../app/explain-scopes.ts'
import { useMay } from '../../app/session.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { Icon } from '../../components/icon.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import type { DeliveryDetail } from './delivery-panel.tsx'
import { isFinal } from './states.ts'

const route = getRouteApi('/app/deliveries/$id')

type Props = { readonly delivery: DeliveryDetail }

/** The buttons; what the person may not do is not there. */
export const DeliveryActions = ({ delivery }: Props) => {
  const { t } = useTranslation('deliveries')
  const mayWrite = useMay('deliveries:write')
  const mayExplain = useMay(explainScopes)
  return (
    <Group gap="xs">
      {mayWrite && isFinal(delivery.state) ? <Resend delivery={delivery} /> : null}
      {mayWrite && delivery.state === 'pending' ? <Cancel delivery={delivery} /> : null}
      {mayExplain ? (
        <LinkButton
          to="/explain"
          search={{ delivery: delivery.id }}
          variant="default"
          leftSection={<Icon name="question" size={14} />}
        >
          {t('explain')}
        </LinkButton>
      ) : null}
    </Group>
  )
}

const Resend = ({ delivery }: Props) => {
  const { t } = useTranslation('deliveries')
  const queries = useQueryClient()
  const navigate = route.useNavigate()
  const [isAsking, setAsking] = useState(false)
  const resend = useMutation({
    mutationFn: async () =>
      await api.deliveries.resend(delivery.id, { idempotencyKey: crypto.randomUUID() }),
    onSuccess: async ({ id }) => {
      setAsking(false)
      notifications.show({ message: t('resend.done') })
      await queries.invalidateQueries({ queryKey: ['deliveries'] })
      await navigate({ to: '/deliveries/$id', params: { id }, search: true })
    },
  })
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="refresh" size={14} />}
        onClick={() => setAsking(true)}
      >
        {t('resend.button')}
      </Button>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('resend.question', { to: delivery.to })}
        action={t('resend.button')}
        onConfirm={() => resend.mutate()}
        isPending={resend.isPending}
        error={resend.error}
        isDangerous={false}
      >
        {t(
          delivery.state === 'sent' || delivery.state === 'delivered'
            ? 'resend.twice'
            : 'resend.about',
        )}
      </ConfirmWithCount>
    </>
  )
}

const Cancel = ({ delivery }: Props) => {
  const { t } = useTranslation('deliveries')
  const queries = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const cancel = useMutation({
    mutationFn: async () => await api.deliveries.cancel(delivery.id),
    onSuccess: async () => {
      setAsking(false)
      await queries.invalidateQueries({ queryKey: ['deliveries'] })
    },
  })
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="stop" size={14} />}
        onClick={() => setAsking(true)}
      >
        {t('cancel.button')}
      </Button>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('cancel.question', { to: delivery.to })}
        action={t('cancel.button')}
        onConfirm={() => cancel.mutate()}
        isPending={cancel.isPending}
        error={cancel.error}
      >
        {t(delivery.pendingReason === 'awaiting_receipt' ? 'cancel.aboutSent' : 'cancel.about')}
      </ConfirmWithCount>
    </>
  )
}

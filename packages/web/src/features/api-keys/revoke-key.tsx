/** Revokes a key, after a question: programs that use it are refused within a second. */
import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'

type Props = { readonly id: string; readonly name: string }

/** A button and its question. */
export const RevokeKey = ({ id, name }: Props) => {
  const { t } = useTranslation('api-keys')
  const queries = useQueryClient()
  const [isAsking, { open, close }] = useDisclosure(false)
  const revoke = useMutation({
    mutationFn: async () => await api.apiKeys.delete(id),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['api keys'] })
    },
  })
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`${t('revoke.button')}: ${name}`}
        onClick={open}
      >
        {t('revoke.button')}
      </Button>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={close}
        title={t('revoke.title', { name })}
        action={t('revoke.button')}
        onConfirm={() => revoke.mutate()}
        isPending={revoke.isPending}
        error={revoke.error}
      >
        {t('revoke.about')}
      </ConfirmWithCount>
    </>
  )
}

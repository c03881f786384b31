/** Revokes a key, after a question: programs that use it are refused within a second. */
import { useTranslation } from 'react-i18next'
import { DeleteButton } from '../../components/delete-button.tsx'
import { keysOf, type KeysOf } from './keys-of.ts'

type Props = { readonly of: KeysOf; readonly id: string; readonly name: string }

/** A button and its question. */
export const RevokeKey = ({ of, id, name }: Props) => {
  const { t } = useTranslation('api-keys')
  const { resource, queryKey } = keysOf[of]
  return (
    <DeleteButton
      isInRow
      action={t('revoke.button')}
      question={t('revoke.title', { name })}
      name={name}
      done={t('revoke.done', { name })}
      remove={async () => await resource.delete(id)}
      changes={queryKey}
    >
      {t('revoke.about')}
    </DeleteButton>
  )
}

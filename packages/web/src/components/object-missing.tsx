/** In the place of an object that is not there to be shown: its shape while it is read, that there is none, or the error. */
import { Button } from '@mantine/core'
import { CarillonError } from '@carillon/client'
import { useTranslation } from 'react-i18next'
import { EmptyState } from './empty-state.tsx'
import { ErrorNotice } from './error-notice.tsx'
import { Waiting } from './waiting.tsx'

type Props = {
  /** null: it is still being read. */
  readonly error: unknown
  readonly lines?: number
  /** Back to the list. */
  readonly onBack: () => Promise<void> | void
}

const notFound = 404

/** Says what is the matter, and leads back. */
export const ObjectMissing = ({ error, lines = 8, onBack }: Props) => {
  const { t } = useTranslation('parts')
  if (error === null) return <Waiting lines={lines} />
  if (!(error instanceof CarillonError) || error.status !== notFound)
    return <ErrorNotice error={error} />
  return (
    <EmptyState
      icon="question"
      title={t('missing.title')}
      text={t('missing.text')}
      action={
        <Button variant="default" onClick={() => void onBack()}>
          {t('missing.back')}
        </Button>
      }
    />
  )
}

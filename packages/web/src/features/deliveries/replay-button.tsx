/** Sends all that the list's filter has once more: first how many and which, then the question, then the work in the background. */
import { Alert, Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { DeliveriesReplayAnswer } from '@carillon/client/api.gen'
import { api } from '../../app/api.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { notifyError } from '../../components/notify-error.tsx'
import { statesIn, toQuery, type DeliverySearch } from './search.ts'
import { isFinal } from './states.ts'

type Preview = Extract<DeliveriesReplayAnswer, { readonly sample: unknown }>

const shown = 5

/** Open ones can't be sent again: of a filter with such states only the final ones count. */
const replayFilter = (filter: DeliverySearch): DeliverySearch => {
  const { state, ...others } = filter
  const states = statesIn(state).filter(isFinal)
  return states.length === 0 ? others : { ...others, state: states.join(',') }
}

/** The button and its dialog. */
export const ReplayButton = ({ filter }: { readonly filter: DeliverySearch }) => {
  const { t } = useTranslation('deliveries')
  const wanted = toQuery(replayFilter(filter))
  const preview = useMutation({
    mutationFn: async (): Promise<Preview | undefined> => {
      const answer = await api.deliveries.replay({ ...wanted, dryRun: true })
      return 'sample' in answer ? answer : undefined
    },
    onError: notifyError,
  })
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="refresh" size={14} />}
        loading={preview.isPending}
        onClick={() => preview.mutate()}
      >
        {t('replay.button')}
      </Button>
      {preview.data === undefined ? null : (
        <Question
          key={preview.data.id}
          preview={preview.data}
          wanted={wanted}
          isDefault={wanted.state === undefined}
          onClose={() => preview.reset()}
        />
      )}
    </>
  )
}

type QuestionProps = {
  readonly preview: Preview
  readonly wanted: ReturnType<typeof toQuery>
  /** The filter names no state: failed and expired ones are meant. */
  readonly isDefault: boolean
  readonly onClose: () => void
}

const Question = ({ preview, wanted, isDefault, onClose }: QuestionProps) => {
  const { t, i18n } = useTranslation('deliveries')
  const navigate = useNavigate()
  const start = useMutation({
    // The preview's id: pressed twice it is still one replay.
    mutationFn: async () => await api.deliveries.replay({ ...wanted, id: preview.id }),
    onSuccess: async () => await navigate({ to: '/replays' }),
  })
  const number = wholeNumber(preview.count, i18n.language)
  const isEmpty = preview.count === 0
  return (
    <ConfirmWithCount
      isOpen
      onClose={onClose}
      title={t('replay.question', { count: preview.count, number })}
      action={isEmpty ? t('replay.close') : t('replay.start')}
      count={preview.count}
      sample={preview.sample
        .slice(0, shown)
        .map(({ to, lastError }) => (lastError === null ? to : `${to}: ${lastError}`))}
      onConfirm={isEmpty ? onClose : () => start.mutate()}
      isPending={start.isPending}
      error={start.error}
      isDangerous={false}
    >
      {isEmpty ? t('replay.nothing') : t(isDefault ? 'replay.aboutFailed' : 'replay.about')}
      {preview.isExact ? null : (
        <Alert color="yellow" mt="xs">
          {t('replay.tooMany', { number })}
        </Alert>
      )}
    </ConfirmWithCount>
  )
}

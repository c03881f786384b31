/** Makes a campaign of exactly those whose delivery failed, after saying how many they are and until when it may run. */
import { Button, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { fieldErrors } from '../../components/field-errors.ts'
import { Icon } from '../../components/icon.tsx'
import { useNow } from '../../components/use-now.ts'
import { ZonedTimeInput } from '../../components/zoned-time-input.tsx'
import { statisticsQuery, type Campaign } from './queries.ts'

const dayMs = 86_400_000
const minuteMs = 60_000

/** Nothing when nobody failed, or when it still runs. */
export const ResendFailed = ({ campaign }: { readonly campaign: Campaign }) => {
  const { t } = useTranslation('campaigns')
  const [isAsked, setAsked] = useState(false)
  const { data } = useQuery(statisticsQuery(campaign.id))
  const failed = data?.byState.failed ?? 0
  if (failed === 0 || campaign.finishedAt === null) return null
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="refresh" />}
        onClick={() => setAsked(true)}
      >
        {t('resend.action')}
      </Button>
      {isAsked ? (
        <Question campaign={campaign} failed={failed} onClose={() => setAsked(false)} />
      ) : null}
    </>
  )
}

type Props = {
  readonly campaign: Campaign
  readonly failed: number
  readonly onClose: () => void
}

const Question = ({ campaign, failed, onClose }: Props) => {
  const { t } = useTranslation('campaigns')
  const nowMs = useNow(minuteMs)
  const isOver = Date.parse(campaign.endsAt) <= nowMs
  const tomorrow = new Date(nowMs + dayMs).toISOString()
  const [endsAt, setEndsAt] = useState(isOver ? tomorrow : campaign.endsAt)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const resend = useMutation({
    mutationFn: async () => await api.campaigns.resendFailed(campaign.id, { endsAt }),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['campaigns'] })
      onClose()
      await navigate({ to: '/campaigns/$id', params: { id } })
    },
  })
  return (
    <ConfirmWithCount
      isOpen
      onClose={onClose}
      title={t('resend.title', { count: failed })}
      action={t('resend.action')}
      count={failed}
      isDangerous={false}
      onConfirm={() => resend.mutate()}
      isPending={resend.isPending}
      error={resend.error}
    >
      <Stack gap="sm">
        <Text>{t('resend.text')}</Text>
        <ZonedTimeInput
          label={t('fields.endsAt')}
          value={endsAt}
          onChange={setEndsAt}
          error={fieldErrors(resend.error)['endsAt']}
          isRequired
        />
      </Stack>
    </ConfirmWithCount>
  )
}

/** What can be done with a campaign, each after a question that says what it means. */
import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { Icon, type IconName } from '../../components/icon.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { ResendFailed } from './resend-failed.tsx'
import { campaignQuery, isOpen, statisticsQuery, type Campaign } from './queries.ts'

type Props = { readonly campaign: Campaign }
type Move = 'pause' | 'resume' | 'cancel' | 'delete'

const movesOf = ({ state }: Campaign): readonly Move[] => {
  switch (state) {
    case 'scheduled':
      return ['cancel', 'delete']
    case 'running':
      return ['pause', 'cancel']
    case 'paused':
      return ['resume', 'cancel']
    case 'finished':
    case 'canceled':
    case 'failed':
      return []
  }
}

const icons: Readonly<Record<Move, IconName>> = {
  pause: 'pause',
  resume: 'play',
  cancel: 'stop',
  delete: 'trash',
}

/** The buttons beside the title. */
export const CampaignActions = ({ campaign }: Props) => {
  const { t } = useTranslation('campaigns')
  const [asked, setAsked] = useState<Move>()
  const mayWrite = useMay('campaigns:write')
  if (!mayWrite) return null
  return (
    <>
      {movesOf(campaign).map((move) => (
        <Button
          key={move}
          variant={move === 'pause' || move === 'resume' ? 'filled' : 'default'}
          leftSection={<Icon name={icons[move]} />}
          onClick={() => setAsked(move)}
        >
          {t(`moves.${move}.action`)}
        </Button>
      ))}
      {isOpen(campaign) && campaign.state !== 'canceled' ? (
        <LinkButton
          variant="default"
          leftSection={<Icon name="edit" />}
          to="/campaigns/$id/edit"
          params={{ id: campaign.id }}
        >
          {t('edit')}
        </LinkButton>
      ) : null}
      <ResendFailed campaign={campaign} />
      <LinkButton
        variant="default"
        leftSection={<Icon name="copy" />}
        to="/campaigns/new"
        search={{ copy: campaign.id }}
      >
        {t('duplicate')}
      </LinkButton>
      {asked === undefined ? null : (
        <Question campaign={campaign} move={asked} onClose={() => setAsked(undefined)} />
      )}
    </>
  )
}

const Question = ({
  campaign: { id, name },
  move,
  onClose,
}: Props & { readonly move: Move; readonly onClose: () => void }): ReactNode => {
  const { t } = useTranslation('campaigns')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { data: statistics } = useQuery(statisticsQuery(id))
  const open = (statistics?.byState.pending ?? 0) + (statistics?.byState.sending ?? 0)
  const act = useMutation({
    mutationFn: async () => {
      if (move === 'delete') await api.campaigns.delete(id)
      else queries.setQueryData(campaignQuery(id).queryKey, await api.campaigns[move](id))
    },
    onSuccess: async () => {
      onClose()
      if (move === 'delete') await navigate({ to: '/campaigns' })
      await queries.invalidateQueries({ queryKey: ['campaigns'] })
    },
  })
  const isDangerous = move === 'cancel' || move === 'delete'
  return (
    <ConfirmWithCount
      isOpen
      onClose={onClose}
      title={t(`moves.${move}.title`, { name })}
      action={t(`moves.${move}.action`)}
      onConfirm={() => act.mutate()}
      isPending={act.isPending}
      error={act.error}
      isDangerous={isDangerous}
      {...(move === 'cancel' && open > 0 ? { count: open } : {})}
    >
      {t(`moves.${move}.text`, { count: open })}
    </ConfirmWithCount>
  )
}

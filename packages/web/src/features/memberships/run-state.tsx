/** How a run of a sync stands, in a word. */
import { useTranslation } from 'react-i18next'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import type { Run } from './queries.ts'

const tones: Readonly<Record<string, Tone>> = {
  running: 'busy',
  finished: 'good',
  failed: 'bad',
  canceled: 'neutral',
}

/** A badge; a dry run says so. */
export const RunState = ({ run }: { readonly run: Pick<Run, 'state' | 'dryRun' | 'blocked'> }) => {
  const { t } = useTranslation('memberships')
  const word = t(`runStates.${run.state}`, { defaultValue: run.state })
  return (
    <>
      <StateBadge
        tone={run.blocked === null ? (tones[run.state] ?? 'neutral') : 'warning'}
        label={run.dryRun ? `${word} · ${t('runs.dry')}` : word}
      />
    </>
  )
}

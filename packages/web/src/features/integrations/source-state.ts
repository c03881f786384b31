/** How the states of sources look. */
import type { api } from '../../app/api.ts'
import type { Tone } from '../../components/state-badge.tsx'

export type Source = Awaited<ReturnType<typeof api.integrations.getSource>>

export const sourceTones: Readonly<Record<Source['state'] | 'off', Tone>> = {
  idle: 'good',
  running: 'busy',
  backing_off: 'warning',
  stopped: 'bad',
  off: 'neutral',
}

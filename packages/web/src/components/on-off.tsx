/** Whether a rule, a schedule or a sync is switched on. */
import { useTranslation } from 'react-i18next'
import { StateBadge } from './state-badge.tsx'

/** A badge with the word. */
export const OnOff = ({ isOn }: { readonly isOn: boolean }) => {
  const { t } = useTranslation('parts')
  return <StateBadge tone={isOn ? 'good' : 'neutral'} label={t(isOn ? 'on' : 'off')} />
}

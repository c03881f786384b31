/** Where an item is on its way: begun, under way, and the five ways to end. A picture with words; the list says the same. */
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { StateBadge } from '../../components/state-badge.tsx'
import { When } from '../../components/when.tsx'
import { tones, type Item, type ItemState } from './item-state.ts'
import classes from './state-diagram.module.css'

const steps: readonly (readonly ItemState[])[] = [
  ['EN_ATTENTE'],
  ['EN_COURS'],
  ['SIGNE', 'REFUSE', 'EXPIRE', 'ANNULE', 'ERREUR'],
]

const stampOf = (item: Item, state: ItemState): string | null => {
  switch (state) {
    case 'EN_ATTENTE':
      return item.createdAt
    case 'EN_COURS':
      return item.sentAt
    case 'SIGNE':
      return item.signedAt
    case 'REFUSE':
      return item.refusedAt
    case 'EXPIRE':
      return item.expiredAt
    case 'ANNULE':
      return item.canceledAt
    case 'ERREUR':
      return null
  }
}

/** Columns from left to right (on a phone from top to bottom); the state of now is marked. */
export const StateDiagram = ({ item }: { readonly item: Item }) => {
  const { t } = useTranslation('tracked-items')
  return (
    <ol className={classes['steps']} aria-label={t('diagram')}>
      {steps.map((states) => (
        <li key={states.join(' ')} className={classes['step']}>
          {states.map((state) => {
            const isCurrent = item.localState === state
            const at = stampOf(item, state)
            return (
              <div
                key={state}
                className={classes['state']}
                data-current={isCurrent}
                {...(isCurrent ? { 'aria-current': 'step' as const } : {})}
              >
                <StateBadge
                  tone={isCurrent ? tones[state] : 'neutral'}
                  label={t(`states.${state}`)}
                />
                {at === null ? null : (
                  <Text fz="xs" c="dimmed">
                    <When at={at} short />
                  </Text>
                )}
              </div>
            )
          })}
        </li>
      ))}
    </ol>
  )
}

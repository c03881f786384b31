/** The state of an import as a word. */
import { Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import type { Import } from './queries.ts'

const tones: Readonly<Record<Import['state'], Tone>> = {
  running: 'busy',
  done: 'good',
  failed: 'bad',
  interrupted: 'warning',
}

/** With a word beside it when nothing was stored. */
export const ImportState = ({ record: { state, dryRun } }: { readonly record: Import }) => {
  const { t } = useTranslation('contacts')
  return (
    <Group gap={6} wrap="nowrap">
      <StateBadge tone={tones[state]} label={t(`importStates.${state}`)} />
      {dryRun ? (
        <Text span fz="xs" c="dimmed">
          {t('imports.dry')}
        </Text>
      ) : null}
    </Group>
  )
}

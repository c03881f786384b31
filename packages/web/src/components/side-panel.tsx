/** An object beside its list: a panel from the right with an address of its own; closing it leads back to the list. */
import { Drawer, Group, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

type Props = {
  readonly title: string
  readonly badge?: ReactNode
  readonly onClose: () => Promise<void> | void
  readonly children: ReactNode
}

/** On a phone it covers the list. */
export const SidePanel = ({ title, badge, onClose, children }: Props) => {
  const { t } = useTranslation('parts')
  return (
    <Drawer
      opened
      onClose={() => void onClose()}
      position="right"
      size="min(46rem, 100vw)"
      overlayProps={{ backgroundOpacity: 0.2 }}
      transitionProps={{ duration: 120 }}
      closeButtonProps={{ 'aria-label': t('close') }}
      title={
        <Group gap="xs">
          <Title order={2} style={{ overflowWrap: 'anywhere' }}>
            {title}
          </Title>
          {badge}
        </Group>
      }
    >
      {children}
    </Drawer>
  )
}

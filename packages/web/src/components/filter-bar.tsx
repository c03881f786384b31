/** The line of filters above a list: it wraps on narrow screens, and is a search landmark. */
import { Group } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

/** Put inputs in; they read and write the address (`Route.useSearch`, `navigate({ search })`). */
export const FilterBar = ({ children }: { readonly children: ReactNode }) => {
  const { t } = useTranslation('parts')
  return (
    <Group component="search" gap="xs" align="flex-end" aria-label={t('filters')}>
      {children}
    </Group>
  )
}

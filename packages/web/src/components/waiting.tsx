/** The shape of content that is still under way. */
import { Skeleton, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** As many lines as the content will have; screen readers hear that it loads. */
export const Waiting = ({ lines = 5 }: { readonly lines?: number }) => {
  const { t } = useTranslation('parts')
  return (
    <Stack gap="sm" role="status" aria-label={t('loading')}>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} h={20} w={`${95 - ((line * 17) % 40)}%`} />
      ))}
    </Stack>
  )
}

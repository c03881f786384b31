/** The imports that run now, above the list that they change: whoever has closed the page finds them again. */
import { Alert, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../components/icon.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { ImportProgress } from './import-progress.tsx'
import { latestImportsQuery } from './queries.ts'

const liveMs = 2_000

/** Nothing when none runs. */
export const RunningImports = () => {
  const { t } = useTranslation('contacts')
  const { data = [] } = useQuery({
    ...latestImportsQuery,
    refetchInterval: ({ state }) =>
      state.data?.some((one) => one.state === 'running') === true ? liveMs : false,
  })
  const running = data.filter(({ state }) => state === 'running')
  if (running.length === 0) return null
  return (
    <Stack gap="xs">
      {running.map((one) => (
        <Alert key={one.id} color="gray" icon={<Icon name="upload" size={18} />}>
          <Stack gap={4}>
            <LinkText to="/contacts/imports/$id" params={{ id: one.id }}>
              {t(one.dryRun ? 'imports.runningDry' : 'imports.running')}
            </LinkText>
            <ImportProgress record={one} />
          </Stack>
        </Alert>
      ))}
    </Stack>
  )
}

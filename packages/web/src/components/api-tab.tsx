/** "How would I do this by API?": the curl and the SDK call for exactly what is on the screen. */
import { Stack, Tabs, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useMe } from '../app/session.ts'
import { CodeBlock } from './code-block.tsx'
import { curlOf, type ApiCall } from './curl-of.ts'

type Props = {
  readonly call: ApiCall
  /** What follows `client.` in the SDK: `deliveries.get('dlv_…')`. */
  readonly sdk: string
}

/** Two tabs with the same call. */
export const ApiTab = ({ call, sdk }: Props) => {
  const { t } = useTranslation('parts')
  const me = useMe()
  const curl = curlOf(call, {
    origin: globalThis.location.origin,
    ...(me.platformAdmin && me.tenant !== null ? { tenant: me.tenant } : {}),
  })
  const code = `import { createClient } from '@carillon/client'\n\nconst client = createClient({ baseUrl: '${globalThis.location.origin}', apiKey })\nawait client.${sdk}`
  return (
    <Stack gap="xs">
      <Text c="dimmed">{t('api.about')}</Text>
      <Tabs defaultValue="curl" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="curl">curl</Tabs.Tab>
          <Tabs.Tab value="sdk">TypeScript</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="curl" pt="xs">
          <CodeBlock code={curl} label="curl" />
        </Tabs.Panel>
        <Tabs.Panel value="sdk" pt="xs">
          <CodeBlock code={code} label="TypeScript" />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}

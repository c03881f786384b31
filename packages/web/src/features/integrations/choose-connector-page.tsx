/** What to connect: every connector of this server, by what it does. */
import { Card, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Page } from '../../components/page.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { Section } from '../../components/section.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { LinkText } from '../../components/link-text.tsx'
import classes from './choose-connector.module.css'
import { connectorsQuery, type ConnectorView } from './queries.ts'

/** What it is for, as a heading: its channel, or what it brings in. */
const groupOf = ({ channel, kinds }: ConnectorView): string =>
  channel ?? (kinds.includes('source') ? 'source' : (kinds[0] ?? 'other'))

const matches = ({ id, name, docs, channel }: ConnectorView, words: string): boolean =>
  `${id} ${name} ${channel ?? ''} ${docs}`.toLowerCase().includes(words.toLowerCase())

/** The first sentence says what it is. */
const firstSentence = (docs: string): string => /^.*?[.!?](?=\s|$)/s.exec(docs)?.[0] ?? docs

const Choice = ({ connector }: { readonly connector: ConnectorView }) => (
  <Card withBorder padding="sm" className={classes['card']} component="article">
    <LinkText
      to="/integrations/new/$connector"
      params={{ connector: connector.id }}
      className={classes['link']}
      fw={600}
    >
      {connector.name}
    </LinkText>
    <Text fz="sm" c="dimmed" lineClamp={3}>
      {firstSentence(connector.docs)}
    </Text>
  </Card>
)

/** The page at /integrations/new. */
export const ChooseConnectorPage = () => {
  const { t } = useTranslation('integrations')
  const [words, setWords] = useState<string>()
  const { data, error, isPending } = useQuery(connectorsQuery)
  const groups = Object.entries(
    Object.groupBy(
      (data ?? []).filter((one) => matches(one, words ?? '')),
      groupOf,
    ),
  ).toSorted(([a], [b]) => orderOf(a) - orderOf(b) || a.localeCompare(b))
  return (
    <Page title={t('choose.title')} about={t('choose.about')}>
      <ErrorNotice error={error} />
      <SearchBox value={words} onChange={setWords} label={t('choose.search')} />
      {isPending ? <Waiting lines={8} /> : null}
      {!isPending && groups.length === 0 ? <Text c="dimmed">{t('nothingFound')}</Text> : null}
      <Stack gap="lg">
        {groups.map(([group, connectors = []]) => (
          <Section key={group} title={t(`groups.${group}`, { defaultValue: group })}>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 4 }} spacing="sm">
              {connectors.map((connector) => (
                <Choice key={connector.id} connector={connector} />
              ))}
            </SimpleGrid>
          </Section>
        ))}
      </Stack>
    </Page>
  )
}

/** What most people look for comes first. */
const order = [
  'email',
  'sms',
  'telegram',
  'whatsapp',
  'teams',
  'chat',
  'push',
  'webhook',
  'http',
  'source',
]
const orderOf = (group: string): number => {
  const at = order.indexOf(group)
  return at === -1 ? order.length : at
}

/** The texts of a subscription, by channel and language, beside what they become. */
import { Button, Grid, Group, Stack, Tabs, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/section.tsx'
import { AddPart } from './add-part.tsx'
import { contentOf, nameOfPart, partsOf, type Part } from './content-parts.ts'
import { PartFields } from './part-fields.tsx'
import { subscriptionQuery, type Content, type Subscription } from './queries.ts'
import { TextPreview } from './text-preview.tsx'

type Props = { readonly subscription: Subscription }

/** The second tab of a subscription's page. */
export const TextsTab = ({ subscription }: Props) => {
  const { t } = useTranslation('subscriptions')
  const queries = useQueryClient()
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API gives the content back as it was given
  const given = subscription.content as Content | null
  const [parts, setParts] = useState(partsOf(given))
  const { subscriptionId, version } = subscription
  const save = useMutation({
    mutationFn: async () =>
      await api.subscriptions.update(subscriptionId, { content: contentOf(parts), version }),
    onSuccess: (saved) => {
      queries.setQueryData(subscriptionQuery(subscriptionId).queryKey, saved)
      void queries.invalidateQueries({ queryKey: ['subscriptions'] })
    },
  })
  const isChanged = JSON.stringify(contentOf(parts)) !== JSON.stringify(contentOf(partsOf(given)))
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Stack gap="md">
          <Text c="dimmed">{t('texts.about')}</Text>
          <Parts parts={parts} onChange={setParts} />
          <ErrorNotice error={save.error} />
          <Group>
            <Button loading={save.isPending} disabled={!isChanged} onClick={() => save.mutate()}>
              {t('form.save')}
            </Button>
            {isChanged ? <Text c="dimmed">{t('texts.unsaved')}</Text> : null}
          </Group>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Section title={t('preview.title')}>
          <TextPreview subscriptionId={subscriptionId} version={version} />
        </Section>
      </Grid.Col>
    </Grid>
  )
}

type PartsProps = {
  readonly parts: readonly Part[]
  readonly onChange: (parts: readonly Part[]) => void
}

const Parts = ({ parts, onChange }: PartsProps) => {
  const { t } = useTranslation('subscriptions')
  const [chosen, setChosen] = useState<string | null>(null)
  const first = parts[0]
  const open = parts.find((part) => nameOfPart(part) === chosen) ?? first
  const add = (part: Part): void => {
    onChange([...parts, part])
    setChosen(nameOfPart(part))
  }
  const put = (next: Part): void => onChange(parts.map((part) => (part === open ? next : part)))
  const labelOf = ({ channel, language }: Part): string => {
    const name = t(`channels.${channel}`, { defaultValue: channel })
    return language === '' ? name : `${name} · ${language}`
  }
  return (
    <Stack gap="sm">
      <Tabs
        value={open === undefined ? null : nameOfPart(open)}
        onChange={setChosen}
        variant="outline"
      >
        <Tabs.List>
          {parts.map((part) => (
            <Tabs.Tab key={nameOfPart(part)} value={nameOfPart(part)}>
              {labelOf(part)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {open === undefined ? null : (
          <Tabs.Panel value={nameOfPart(open)} pt="sm">
            <Stack gap="sm">
              <PartFields part={open} onChange={put} />
              <Group>
                <Button
                  variant="subtle"
                  color="gray"
                  size="xs"
                  leftSection={<Icon name="trash" size={14} />}
                  onClick={() => onChange(withoutPart(parts, open))}
                >
                  {t('texts.remove', { name: labelOf(open) })}
                </Button>
              </Group>
            </Stack>
          </Tabs.Panel>
        )}
      </Tabs>
      <AddPart parts={parts} onAdd={add} />
    </Stack>
  )
}

/** A channel's words take those of its languages with them. */
const withoutPart = (parts: readonly Part[], gone: Part): readonly Part[] =>
  parts.filter((part) => (gone.language === '' ? part.channel !== gone.channel : part !== gone))

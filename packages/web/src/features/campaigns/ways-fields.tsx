/** By which ways a campaign goes, in order; how often it tries, and how fast. */
import { Accordion, ActionIcon, Group, NumberInput, Select, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { DurationInput } from '../../components/duration-input.tsx'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/section.tsx'
import type { EditorForm } from './campaign-editor.tsx'
import { sendersQuery } from './queries.ts'

type Props = { readonly form: EditorForm; readonly isFixed: boolean }

/** A part of the editor. */
export const WaysFields = ({ form, isFixed }: Props) => {
  const { t } = useTranslation('campaigns')
  return (
    <Section title={t('ways.title')}>
      {isFixed ? <Text c="dimmed">{t('fixed')}</Text> : <Steps form={form} />}
      <Accordion variant="separated" order={3}>
        <Accordion.Item value="more">
          <Accordion.Control>{t('ways.more')}</Accordion.Control>
          <Accordion.Panel>
            <Speed form={form} isFixed={isFixed} />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Section>
  )
}

const useWays = (): readonly { readonly value: string; readonly label: string }[] => {
  const { t } = useTranslation('campaigns')
  const senders = useQuery(sendersQuery).data ?? []
  const channelName = (channel: string): string =>
    t(`channels.${channel}`, { defaultValue: channel })
  const channels = [...new Set(senders.flatMap((one) => one.channel ?? []))]
  return [
    ...channels.map((channel) => ({ value: channel, label: channelName(channel) })),
    ...senders.map(({ id, name, channel }) => ({
      value: id,
      label: `${name} (${channelName(channel ?? '')})`,
    })),
  ]
}

const Steps = ({ form }: { readonly form: EditorForm }) => {
  const { t } = useTranslation('campaigns')
  const ways = useWays()
  const { route } = form.values
  const labelOf = (way: string): string => ways.find(({ value }) => value === way)?.label ?? way
  const put = (next: readonly string[]): void => form.setFieldValue('route', [...next])
  return (
    <Stack gap="xs">
      <Text c="dimmed" fz="sm">
        {t(route.length === 0 ? 'ways.default' : 'ways.inOrder')}
      </Text>
      {route.length === 0 ? null : (
        <ol>
          {route.map((way, at) => (
            <li key={way}>
              <Group gap="xs" wrap="nowrap">
                <Text>{labelOf(way)}</Text>
                {at === 0 ? null : (
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('ways.earlier', { way: labelOf(way) })}
                    onClick={() => put(swapped(route, at))}
                  >
                    <Icon name="upload" size={14} />
                  </ActionIcon>
                )}
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('ways.remove', { way: labelOf(way) })}
                  onClick={() => put(route.filter((one) => one !== way))}
                >
                  <Icon name="cross" size={14} />
                </ActionIcon>
              </Group>
            </li>
          ))}
        </ol>
      )}
      <Select
        label={t('ways.add')}
        data={ways.filter(({ value }) => !route.includes(value))}
        value={null}
        onChange={(way) => (way === null ? undefined : put([...route, way]))}
        w={{ base: '100%', xs: '20rem' }}
      />
    </Stack>
  )
}

/** With the step at this place and the one before it exchanged. */
const swapped = (route: readonly string[], at: number): readonly string[] =>
  route.flatMap((way, index) => {
    if (index === at - 1) return route[at] ?? []
    return index === at ? (route[at - 1] ?? []) : way
  })

const Speed = ({ form, isFixed }: Props) => {
  const { t } = useTranslation('campaigns')
  const { retryEvery, ratePer } = form.values
  return (
    <Stack gap="md">
      <Group align="flex-start">
        <DurationInput
          label={t('ways.retryEvery')}
          description={t('ways.retryAbout')}
          value={retryEvery}
          onChange={(value) => form.setFieldValue('retryEvery', value)}
        />
        <NumberInput
          label={t('ways.retryMax')}
          description={t('ways.retryMaxAbout')}
          min={1}
          max={100}
          allowDecimal={false}
          {...form.getInputProps('retryMax')}
        />
      </Group>
      {isFixed ? null : (
        <Group align="flex-start">
          <NumberInput
            label={t('ways.rate')}
            description={t('ways.rateAbout')}
            min={1}
            allowDecimal={false}
            {...form.getInputProps('rateN')}
          />
          <DurationInput
            label={t('ways.ratePer')}
            description={t('ways.ratePerAbout')}
            value={ratePer}
            onChange={(value) => form.setFieldValue('ratePer', value)}
          />
        </Group>
      )}
    </Stack>
  )
}

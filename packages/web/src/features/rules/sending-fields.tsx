/** How hard it is tried: further tries, the end, the breaker, the order. All of it may stay empty. */
import { Accordion, Group, Select, Stack, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { breakerWays, fallbacks, priorities, type Draft } from './draft.ts'

type Props = { readonly draft: Draft; readonly change: (part: Partial<Draft>) => void }

/** The common two in sight, the others folded away unless they are set. */
export const SendingFields = ({ draft, change }: Props) => {
  const { t } = useTranslation('rules')
  const { whenOpen, priority, orderingKey, fallback } = draft
  const isSet = [whenOpen, priority, orderingKey, fallback].some((text) => text !== '')
  return (
    <Stack gap="xs">
      <Group align="flex-start">
        <TextInput
          label={t('fields.delays')}
          description={t('fields.delaysAbout')}
          placeholder="5m, 30m"
          value={draft.delays}
          onChange={(event) => change({ delays: event.currentTarget.value })}
          flex="1 1 14rem"
        />
        <TextInput
          label={t('fields.sendUntil')}
          description={t('fields.sendUntilAbout')}
          placeholder="3d"
          value={draft.sendUntil}
          onChange={(event) => change({ sendUntil: event.currentTarget.value.trim() })}
          flex="1 1 10rem"
        />
      </Group>
      <Accordion variant="default" defaultValue={isSet ? 'more' : null} keepMounted={false}>
        <Accordion.Item value="more">
          <Accordion.Control>{t('more')}</Accordion.Control>
          <Accordion.Panel>
            <More draft={draft} change={change} />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  )
}

const More = ({ draft, change }: Props) => {
  const { t } = useTranslation('rules')
  const find = <Name extends string>(names: readonly Name[], value: string | null): Name | '' =>
    names.find((name) => name === value) ?? ''
  return (
    <Stack gap="xs">
      {draft.kind === 'notify' ? (
        <Select
          label={t('fields.fallback')}
          data={fallbacks.map((value) => ({ value, label: t(`fallbacks.${value}`) }))}
          placeholder={t('fallbacks.at_once')}
          clearable
          value={draft.fallback === '' ? null : draft.fallback}
          onChange={(value) => change({ fallback: find(fallbacks, value) })}
        />
      ) : null}
      {draft.kind === 'notify' && draft.fallback === 'no_receipt' ? (
        <TextInput
          label={t('fields.receiptWithin')}
          description={t('fields.receiptWithinAbout')}
          placeholder="24h"
          value={draft.receiptWithin}
          onChange={(event) => change({ receiptWithin: event.currentTarget.value.trim() })}
        />
      ) : null}
      <Select
        label={t('fields.whenOpen')}
        description={t('fields.whenOpenAbout')}
        data={breakerWays.map((value) => ({ value, label: t(`breakerWays.${value}`) }))}
        placeholder={t('breakerWays.standard')}
        clearable
        value={draft.whenOpen === '' ? null : draft.whenOpen}
        onChange={(value) => change({ whenOpen: find(breakerWays, value) })}
      />
      <Select
        label={t('fields.priority')}
        data={priorities.map((value) => ({ value, label: t(`priorities.${value}`) }))}
        placeholder={t('priorities.transactional')}
        clearable
        value={draft.priority === '' ? null : draft.priority}
        onChange={(value) => change({ priority: find(priorities, value) })}
      />
      <TextInput
        label={t('fields.orderingKey')}
        description={t('fields.orderingKeyAbout')}
        placeholder="{{ data.customer }}"
        value={draft.orderingKey}
        onChange={(event) => change({ orderingKey: event.currentTarget.value })}
      />
    </Stack>
  )
}

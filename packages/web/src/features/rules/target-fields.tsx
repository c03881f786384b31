/** The actions of one integration: a call, an archive, a change of a list's members, an item to follow. */
import { Select, Switch, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { LinkText } from '../../components/link-text.tsx'
import { connectorsQuery, integrationsQuery } from '../integrations/queries.ts'
import { memberChanges, type Draft, type Kind } from './draft.ts'

type Props = { readonly draft: Draft; readonly change: (part: Partial<Draft>) => void }

const channels: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  call: ['http', 'webhook'],
  archive: ['archive'],
  membership: ['membership'],
}

/** Integrations that can do what the rule is to do; undefined: not known yet. */
const useFitting = (kind: Kind) => {
  const integrations = useQuery(integrationsQuery).data
  const connectors = useQuery(connectorsQuery).data
  if (integrations === undefined || connectors === undefined) return undefined
  const trackers = connectors.filter(({ kinds }) => kinds.includes('tracker')).map(({ id }) => id)
  return integrations.filter(({ channel, connector }) =>
    kind === 'track'
      ? trackers.includes(connector)
      : channel !== null && channels[kind]?.includes(channel) === true,
  )
}

/** Which integration, and what it needs to know. */
export const TargetFields = ({ draft, change }: Props) => {
  const { t } = useTranslation('rules')
  const fitting = useFitting(draft.kind)
  if (fitting?.length === 0)
    return (
      <Text>
        {t('noFitting')}{' '}
        <LinkText to="/integrations/new" underline="always">
          {t('toIntegrations')}
        </LinkText>
      </Text>
    )
  return (
    <>
      <Select
        label={t('fields.integration')}
        data={(fitting ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={draft.integration === '' ? null : draft.integration}
        onChange={(integration) => change({ integration: integration ?? '' })}
        searchable
        required
      />
      <Own draft={draft} change={change} />
    </>
  )
}

const Own = ({ draft, change }: Props) => {
  const { t } = useTranslation('rules')
  switch (draft.kind) {
    case 'call':
      return (
        <TextInput
          label={t('fields.callTo')}
          description={t('fields.callToAbout')}
          value={draft.to}
          onChange={(event) => change({ to: event.currentTarget.value })}
        />
      )
    case 'membership':
      return <Member draft={draft} change={change} />
    case 'track':
      return <Tracked draft={draft} change={change} />
    case 'archive':
    case 'notify':
    case 'publish':
      return null
  }
}

const Member = ({ draft, change }: Props) => {
  const { t } = useTranslation('rules')
  return (
    <>
      <TextInput
        label={t('fields.list')}
        placeholder="members@example.org"
        value={draft.list}
        onChange={(event) => change({ list: event.currentTarget.value })}
        required
      />
      <Select
        label={t('fields.change')}
        data={memberChanges.map((value) => ({ value, label: t(`memberChanges.${value}`) }))}
        value={draft.change}
        onChange={(value) =>
          change({ change: memberChanges.find((one) => one === value) ?? draft.change })
        }
        allowDeselect={false}
      />
      <TextInput
        label={t('fields.email')}
        placeholder="{{ data.email }}"
        value={draft.email}
        onChange={(event) => change({ email: event.currentTarget.value })}
        required
      />
      <TextInput
        label={t('fields.memberName')}
        placeholder="{{ data.name }}"
        value={draft.memberName}
        onChange={(event) => change({ memberName: event.currentTarget.value })}
      />
    </>
  )
}

const Tracked = ({ draft, change }: Props) => {
  const { t } = useTranslation('rules')
  return (
    <>
      <TextInput
        label={t('fields.remoteId')}
        description={t('fields.remoteIdAbout')}
        placeholder="{{ data.transaction_id }}"
        value={draft.remoteId}
        onChange={(event) => change({ remoteId: event.currentTarget.value })}
        required
      />
      <TextInput
        label={t('fields.reference')}
        description={t('fields.referenceAbout')}
        placeholder="{{ data.quote }}"
        value={draft.reference}
        onChange={(event) => change({ reference: event.currentTarget.value })}
      />
      <Switch
        label={t('fields.keepsData')}
        checked={draft.keepsData}
        onChange={(event) => change({ keepsData: event.currentTarget.checked })}
      />
    </>
  )
}

/** What a rule does: the choice, and the fields of what was chosen. */
import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { Section } from '../../components/section.tsx'
import { kinds, type Draft } from './draft.ts'
import { MessageFields } from './message-fields.tsx'
import { SendingFields } from './sending-fields.tsx'
import { TargetFields } from './target-fields.tsx'

type Props = { readonly draft: Draft; readonly change: (part: Partial<Draft>) => void }

/** A section. Another kind begins without the integration of the one before: it would not fit. */
export const ActionFields = ({ draft, change }: Props) => {
  const { t } = useTranslation('rules')
  return (
    <Section title={t('action')}>
      <Select
        aria-label={t('action')}
        description={t(`kindsAbout.${draft.kind}`)}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        value={draft.kind}
        onChange={(value) =>
          change({ kind: kinds.find((kind) => kind === value) ?? draft.kind, integration: '' })
        }
        data={kinds.map((value) => ({ value, label: t(`kinds.${value}`) }))}
        allowDeselect={false}
        maw="24rem"
      />
      <FieldsOf draft={draft} change={change} />
    </Section>
  )
}

const FieldsOf = ({ draft, change }: Props) => {
  switch (draft.kind) {
    case 'publish':
      return <Publish draft={draft} change={change} />
    case 'track':
      return <TargetFields draft={draft} change={change} />
    case 'notify':
      return (
        <>
          <MessageFields draft={draft} change={change} />
          <SendingFields draft={draft} change={change} />
        </>
      )
    case 'call':
    case 'archive':
    case 'membership':
      return (
        <>
          <TargetFields draft={draft} change={change} />
          <SendingFields draft={draft} change={change} />
        </>
      )
  }
}

const Publish = ({ draft, change }: Props) => {
  const { t } = useTranslation('rules')
  const { data } = useQuery({
    queryKey: ['subscriptions', 'choice'],
    queryFn: async ({ signal }) => (await api.subscriptions.list({ limit: 200 }, { signal })).items,
  })
  return (
    <Select
      label={t('fields.subscription')}
      description={t('fields.subscriptionAbout')}
      data={(data ?? []).map((one) => ({ value: one.subscriptionId, label: one.label }))}
      value={draft.subscriptionId === '' ? null : draft.subscriptionId}
      onChange={(subscriptionId) => change({ subscriptionId: subscriptionId ?? '' })}
      searchable
      required
    />
  )
}

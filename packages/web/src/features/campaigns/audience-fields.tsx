/** To whom a campaign goes: tags, operators, time zones, and conditions on attributes. The count is beside it. */
import { MultiSelect, Text, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Section } from '../../components/section.tsx'
import type { EditorForm } from './campaign-editor.tsx'
import classes from './campaign-editor.module.css'
import { isBrokenJson } from './editor-values.ts'
import { operatorCodesQuery, tagNamesQuery } from '../contacts/queries.ts'

type Props = { readonly form: EditorForm; readonly isFixed: boolean }

const zones = Intl.supportedValuesOf('timeZone')
const shownOptions = 200

/** A part of the editor. */
export const AudienceFields = ({ form, isFixed }: Props) => {
  const { t } = useTranslation('campaigns')
  const tags = useQuery(tagNamesQuery).data ?? []
  const operators = useQuery(operatorCodesQuery).data ?? []
  const { filter } = form.values
  const common = { searchable: true, clearable: true, disabled: isFixed, limit: shownOptions }
  return (
    <Section title={t('audience.title')}>
      {isFixed ? <Text c="dimmed">{t('fixed')}</Text> : null}
      <MultiSelect
        label={t('audience.tags')}
        placeholder={filter.tags.length === 0 ? t('audience.everybody') : ''}
        data={[...new Set([...tags, ...filter.tags])]}
        {...common}
        {...form.getInputProps('filter.tags')}
      />
      <MultiSelect
        label={t('audience.operators')}
        placeholder={filter.operators.length === 0 ? t('audience.all') : ''}
        data={operators}
        {...common}
        {...form.getInputProps('filter.operators')}
      />
      <MultiSelect
        label={t('audience.zones')}
        placeholder={filter.timezones.length === 0 ? t('audience.all') : ''}
        data={zones}
        {...common}
        {...form.getInputProps('filter.timezones')}
      />
      <Textarea
        label={t('audience.attributes')}
        description={t('audience.attributesAbout')}
        placeholder='{"city": "Rome", "orders": {"gt": 3}}'
        classNames={{ input: classes['code'] ?? '' }}
        autosize
        minRows={2}
        disabled={isFixed}
        {...form.getInputProps('filter.attributes')}
        {...(isBrokenJson(filter.attributes) ? { error: t('audience.noJson') } : {})}
      />
    </Section>
  )
}

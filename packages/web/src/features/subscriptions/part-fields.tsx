/** The words of one channel and language. */
import { SegmentedControl, Stack, Text, TextInput, Textarea } from '@mantine/core'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { Part } from './content-parts.ts'

type Props = { readonly part: Part; readonly onChange: (part: Part) => void }

const formats = ['text', 'html', 'mjml'] as const
const isFormat = (value: string): value is Part['format'] => formats.some((one) => one === value)
const example = '{{ data.count }}'

/** Subject and HTML are for channels that have them. */
export const PartFields = ({ part, onChange }: Props) => {
  const { t } = useTranslation('subscriptions')
  const id = useId()
  const hasMail = part.channel === 'default' || part.channel === 'email'
  return (
    <>
      {hasMail ? (
        <TextInput
          label={t('texts.subject')}
          value={part.subject}
          onChange={({ currentTarget }) => onChange({ ...part, subject: currentTarget.value })}
        />
      ) : null}
      <Textarea
        label={t('texts.text')}
        description={t('texts.textAbout', { example })}
        autosize
        minRows={4}
        maxRows={16}
        required
        value={part.text}
        onChange={({ currentTarget }) => onChange({ ...part, text: currentTarget.value })}
      />
      {hasMail ? (
        <Stack gap={4} align="flex-start">
          <Text fz="sm" fw={500} id={id}>
            {t('texts.format')}
          </Text>
          <SegmentedControl
            aria-labelledby={id}
            value={part.format}
            onChange={(next) => (isFormat(next) ? onChange({ ...part, format: next }) : undefined)}
            data={formats.map((value) => ({ value, label: t(`texts.formats.${value}`) }))}
          />
        </Stack>
      ) : null}
      {part.format === 'text' || !hasMail ? null : (
        <Textarea
          label={t(`texts.formats.${part.format}`)}
          autosize
          minRows={6}
          maxRows={24}
          value={part.html}
          onChange={({ currentTarget }) => onChange({ ...part, html: currentTarget.value })}
        />
      )}
    </>
  )
}

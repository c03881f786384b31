/** What a campaign says: one text for all, a mail's subject and body, and other words for short channels. */
import { Accordion, SegmentedControl, Stack, Text, TextInput, Textarea } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Section } from '../../components/section.tsx'
import type { EditorForm } from './campaign-editor.tsx'
import classes from './campaign-editor.module.css'
import { shortChannels, type MailFormat } from './editor-values.ts'

const formats: readonly MailFormat[] = ['text', 'html', 'mjml']
const isFormat = (value: string): value is MailFormat => formats.some((one) => one === value)

/** A part of the editor. */
export const ContentFields = ({ form }: { readonly form: EditorForm }) => {
  const { t } = useTranslation('campaigns')
  return (
    <Section title={t('content.title')}>
      <TextInput
        label={t('fields.name')}
        description={t('content.nameAbout')}
        required
        maxLength={200}
        {...form.getInputProps('name')}
      />
      <TextInput
        label={t('content.subject')}
        description={t('content.subjectAbout', { example: '{{ contact.attributes.firstName }}' })}
        {...form.getInputProps('content.subject')}
      />
      <Textarea
        label={t('content.text')}
        description={t('content.textAbout')}
        required
        autosize
        minRows={4}
        maxRows={16}
        {...form.getInputProps('content.text')}
      />
      <MailBody form={form} />
      <ShortTexts form={form} />
    </Section>
  )
}

type Props = { readonly form: EditorForm }

const MailBody = ({ form }: Props) => {
  const { t } = useTranslation('campaigns')
  const { format } = form.values
  return (
    <>
      <Stack gap={4} align="flex-start">
        <Text fz="sm" fw={500} id="mail-format">
          {t('content.format')}
        </Text>
        <SegmentedControl
          aria-labelledby="mail-format"
          value={format}
          onChange={(next) => (isFormat(next) ? form.setFieldValue('format', next) : undefined)}
          data={formats.map((value) => ({ value, label: t(`content.formats.${value}`) }))}
        />
      </Stack>
      {format === 'text' ? null : (
        <Textarea
          label={t(`content.formats.${format}`)}
          autosize
          minRows={6}
          maxRows={24}
          classNames={{ input: classes['code'] ?? '' }}
          {...form.getInputProps('content.html')}
        />
      )}
    </>
  )
}

const ShortTexts = ({ form }: Props) => {
  const { t } = useTranslation('campaigns')
  return (
    <Accordion variant="separated" order={3}>
      <Accordion.Item value="channels">
        <Accordion.Control>{t('content.channels')}</Accordion.Control>
        <Accordion.Panel>
          <Stack gap="sm">
            <Text c="dimmed" fz="sm">
              {t('content.channelsAbout')}
            </Text>
            {shortChannels.map((channel) => (
              <Textarea
                key={channel}
                label={t(`channels.${channel}`)}
                autosize
                minRows={2}
                {...form.getInputProps(`channels.${channel}`)}
              />
            ))}
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
}

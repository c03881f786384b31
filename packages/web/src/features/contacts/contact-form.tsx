/** The fields of a contact; what the server says of one stands below it. */
import {
  Button,
  Group,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  TextInput,
  Textarea,
} from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors, pointersOf } from '../../components/field-errors.ts'
import { tagNamesQuery, type Contact, type ContactBody } from './queries.ts'

const textFields = ['email', 'phone', 'telegramId', 'externalId', 'operator', 'language'] as const
type TextField = (typeof textFields)[number]

type Values = Record<TextField, string> & {
  readonly timezone: string | null
  readonly tags: string[]
  readonly attributes: string
}

const zones = Intl.supportedValuesOf('timeZone')

const valuesOf = (contact: Contact | undefined): Values => ({
  email: contact?.email ?? '',
  phone: contact?.phone ?? '',
  telegramId: contact?.telegramId ?? '',
  externalId: contact?.externalId ?? '',
  operator: contact?.operator ?? '',
  language: contact?.language ?? '',
  timezone: contact?.timezone ?? null,
  tags: [...(contact?.tags ?? [])],
  attributes:
    contact === undefined || Object.keys(contact.attributes).length === 0
      ? ''
      : JSON.stringify(contact.attributes, null, 2),
})

/** Undefined: it is no JSON object. */
const readAttributes = (text: string): Record<string, unknown> | undefined => {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const bodyOf = (values: Values): ContactBody => ({
  ...Object.fromEntries(
    textFields.map((field) => [field, values[field].trim() === '' ? null : values[field].trim()]),
  ),
  timezone: values.timezone,
  tags: values.tags,
  attributes: readAttributes(values.attributes) ?? {},
})

type Props = {
  /** Undefined: a new one. */
  readonly contact: Contact | undefined
  readonly onSave: (body: ContactBody) => Promise<void>
}

const shownFields = [...textFields, 'timezone', 'tags', 'attributes']

/** Nothing is mandatory. */
export const ContactForm = ({ contact, onSave }: Props) => {
  const { t } = useTranslation('contacts')
  const tags = useQuery(tagNamesQuery).data ?? []
  const form = useForm<Values>({
    initialValues: valuesOf(contact),
    validate: {
      attributes: (text) => (readAttributes(text) === undefined ? t('form.noJson') : null),
    },
  })
  const save = useMutation({
    mutationFn: async (values: Values) => await onSave(bodyOf(values)),
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          {textFields.map((field) => (
            <TextInput
              key={field}
              label={t(`fields.${field}`)}
              description={t(`form.${field}`)}
              {...form.getInputProps(field)}
            />
          ))}
          <Select
            label={t('fields.timezone')}
            description={t('form.timezone')}
            data={zones}
            searchable
            clearable
            limit={100}
            {...form.getInputProps('timezone')}
          />
        </SimpleGrid>
        <TagsInput label={t('fields.tags')} data={tags} {...form.getInputProps('tags')} />
        <Textarea
          label={t('fields.attributes')}
          description={t('form.attributes')}
          placeholder='{"firstName": "Anna"}'
          autosize
          minRows={3}
          {...form.getInputProps('attributes')}
        />
        <ErrorNotice error={save.error} shown={pointersOf(shownFields)} />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {t('form.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** One field of a form from a JSON Schema, by its kind; groups hold further ones. */
import {
  Button,
  Checkbox,
  Fieldset,
  Input,
  NumberInput,
  Select,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../icon.tsx'
import { inputProps, type FieldProps, type SchemaFormProps } from './field-props.ts'
import { kindOf, labelOf, type FieldKind, type FieldSchema, type Json } from './field-schema.ts'
import { memberOf, pointerStep, withMember, withoutEmpty } from './field-value.ts'
import { JsonField } from './json-field.tsx'
import { RecordField } from './record-field.tsx'
import { SecretField } from './secret-field.tsx'

type Group = Omit<SchemaFormProps, 'schema'> & {
  readonly fields: readonly (readonly [string, FieldSchema])[]
  readonly required: readonly string[]
}

/** All fields of a group; required ones first, so that the first screen is enough to begin. */
export const GroupFields = ({
  fields,
  required,
  value,
  onChange,
  pointer,
  problems,
  secret,
}: Group) => {
  const inOrder = fields.toSorted(
    ([a], [b]) => Number(required.includes(b)) - Number(required.includes(a)),
  )
  return inOrder.map(([name, schema]) => {
    const isRequired = required.includes(name)
    const props = {
      schema,
      label: labelOf(name, schema),
      isRequired,
      value: memberOf(value, name),
      onChange: (member: Json | undefined) => onChange(withMember(value, name, member)),
      pointer: `${pointer}${pointerStep(name)}`,
      problems,
    }
    if (secret === undefined) return <SchemaField key={name} {...props} />
    const isSet = secret.set.includes(name)
    return <SecretField key={name} {...props} isSet={isSet} isMade={secret.made} />
  })
}

const SchemaField = (props: FieldProps) => {
  const kind = kindOf(props.schema)
  switch (kind.kind) {
    case 'text':
      return <TextField {...props} isLong={kind.isLong} />
    case 'number':
      return <NumberField {...props} isWhole={kind.isWhole} />
    case 'switch':
      return <SwitchField {...props} />
    case 'choice':
      return <ChoiceField {...props} values={kind.values} />
    case 'list':
      return <ListField {...props} kind={kind} />
    case 'record':
      return <RecordField {...props} />
    case 'group':
      return <GroupField {...props} fields={kind.fields} />
    case 'json':
      return <JsonField {...props} />
  }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

const TextField = ({ isLong, ...props }: FieldProps & { readonly isLong: boolean }) => {
  const { value, onChange, schema } = props
  const Input = isLong ? Textarea : TextInput
  return (
    <Input
      {...inputProps(props)}
      {...(isLong ? { autosize: true, minRows: 3, maxRows: 16 } : {})}
      value={textOf(value)}
      placeholder={textOf(schema.default)}
      autoComplete="off"
      spellCheck={false}
      onChange={({ currentTarget }) =>
        onChange(currentTarget.value === '' ? undefined : currentTarget.value)
      }
    />
  )
}

const NumberField = ({ isWhole, ...props }: FieldProps & { readonly isWhole: boolean }) => {
  const { value, onChange, schema } = props
  return (
    <NumberInput
      {...inputProps(props)}
      value={typeof value === 'number' ? value : ''}
      placeholder={typeof schema.default === 'number' ? String(schema.default) : ''}
      allowDecimal={!isWhole}
      clampBehavior="none"
      hideControls
      onChange={(next) => onChange(typeof next === 'number' ? next : undefined)}
    />
  )
}

const SwitchField = (props: FieldProps) => {
  const { value, onChange, schema } = props
  const { required: _required, withAsterisk: _asterisk, ...rest } = inputProps(props)
  const checked = typeof value === 'boolean' ? value : schema.default === true
  return (
    <Checkbox
      {...rest}
      checked={checked}
      onChange={({ currentTarget }) => onChange(currentTarget.checked)}
    />
  )
}

const ChoiceField = ({ values, ...props }: FieldProps & { readonly values: readonly string[] }) => {
  const { value, onChange, isRequired, schema } = props
  return (
    <Select
      {...inputProps(props)}
      data={[...values]}
      value={typeof value === 'string' ? value : null}
      placeholder={textOf(schema.default)}
      clearable={!isRequired}
      onChange={(next) => onChange(next ?? undefined)}
    />
  )
}

type List = FieldProps & { readonly kind: Extract<FieldKind, { kind: 'list' }> }

const ListField = ({ kind, ...props }: List) => {
  const { t } = useTranslation('forms')
  const { value, onChange } = props
  const entries = Array.isArray(value) ? value : []
  const read = (text: string): Json =>
    kind.ofNumbers && Number.isFinite(Number(text)) ? Number(text) : text
  return (
    <TagsInput
      {...inputProps(props)}
      data={[...kind.values]}
      value={entries.map(String)}
      placeholder={entries.length === 0 ? t('list') : ''}
      splitChars={[',', ';']}
      acceptValueOnBlur
      onChange={(texts) => onChange(texts.length === 0 ? undefined : texts.map(read))}
    />
  )
}

const GroupField = ({ fields, ...props }: FieldProps & Pick<Group, 'fields'>) => {
  const { t } = useTranslation('forms')
  const { schema, label, value, onChange, pointer, problems, isRequired } = props
  const isBegun = isRequired || withoutEmpty(value) !== undefined
  const [isOpen, setOpen] = useState(isBegun)
  if (!isOpen && !isBegun)
    return (
      <Input.Wrapper label={label} description={schema.description} labelElement="div">
        <Button
          size="compact-sm"
          variant="default"
          mt={4}
          leftSection={<Icon name="add" />}
          aria-label={t('group.openNamed', { name: label })}
          onClick={() => setOpen(true)}
        >
          {t('group.open')}
        </Button>
      </Input.Wrapper>
    )
  return (
    <Fieldset legend={label} data-pointer={pointer}>
      <Stack gap="sm">
        {schema.description === undefined ? null : (
          <Text fz="xs" c="dimmed">
            {schema.description}
          </Text>
        )}
        <GroupFields
          fields={fields}
          // The parts of a group that may be left out are asked for only once the group is begun.
          required={isBegun ? (schema.required ?? []) : []}
          value={value}
          onChange={onChange}
          pointer={pointer}
          problems={problems}
        />
      </Stack>
    </Fieldset>
  )
}

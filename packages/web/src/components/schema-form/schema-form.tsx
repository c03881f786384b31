/** A form made of a connector's JSON Schema: fields, problems by pointer. Does not send anything and has no buttons. */
import { Stack } from '@mantine/core'
import type { SchemaFormProps } from './field-props.ts'
import { kindOf } from './field-schema.ts'
import { GroupFields } from './schema-field.tsx'

/** The fields of an object's schema, one under the other. */
export const SchemaForm = ({ schema, ...rest }: SchemaFormProps) => {
  const kind = kindOf(schema)
  if (kind.kind !== 'group') return null
  return (
    <Stack gap="md">
      <GroupFields fields={kind.fields} required={schema.required ?? []} {...rest} />
    </Stack>
  )
}

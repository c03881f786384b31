/** What fields are given, and what each passes on to its input. */
import type { FieldSchema, Json } from './field-schema.ts'

export type SchemaFormProps = {
  readonly schema: FieldSchema
  readonly value: Json | undefined
  readonly onChange: (value: Json | undefined) => void
  /** What stands before the pointers of this form's fields in a problem document, such as `/settings`. */
  readonly pointer: string
  /** Pointer -> what is wrong there, in the reader's language. */
  readonly problems: ReadonlyMap<string, string>
  /** Every field is a secret: nothing that is typed is shown, and what is set already may stay as it is. */
  readonly secret?: {
    /** Names of the secrets that are set. */
    readonly set: readonly string[]
    /** Names of those that the server makes when they are left out. */
    readonly made: boolean
  }
}

export type FieldProps = Omit<SchemaFormProps, 'secret'> & {
  readonly label: string
  readonly isRequired: boolean
}

/** What all inputs are given. */
export const inputProps = ({ schema, label, isRequired, pointer, problems }: FieldProps) => ({
  label,
  description: schema.description,
  withAsterisk: isRequired,
  required: isRequired,
  error: problems.get(pointer),
  'data-pointer': pointer,
})

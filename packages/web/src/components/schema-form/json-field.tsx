/** What no other field fits: written as JSON, with what is wrong with it said at once. */
import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Json } from './field-schema.ts'
import { inputProps, type FieldProps } from './field-props.ts'

const parse = (text: string): { readonly value: Json | undefined } | undefined => {
  if (text.trim() === '') return { value: undefined }
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON.parse gives Json
    return { value: JSON.parse(text) as Json }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A text area; the value changes as often as the text is JSON. */
export const JsonField = (props: FieldProps) => {
  const { t } = useTranslation('forms')
  const { value, onChange } = props
  const [text, setText] = useState(() =>
    value === undefined ? '' : JSON.stringify(value, null, 2),
  )
  const isBroken = parse(text) === undefined
  const { error, ...rest } = inputProps(props)
  return (
    <Textarea
      {...rest}
      error={isBroken ? t('json.broken') : error}
      value={text}
      autosize
      minRows={3}
      maxRows={20}
      spellCheck={false}
      ff="monospace"
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        const parsed = parse(currentTarget.value)
        if (parsed !== undefined) onChange(parsed.value)
      }}
    />
  )
}

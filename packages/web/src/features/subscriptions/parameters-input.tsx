/** The parameters of a trigger: a JSON object to be typed. */
import { JsonInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'

type Props = { readonly value: string; readonly onChange: (value: string) => void }

/** Undefined: it is no JSON object. Nothing at all is an empty one. */
export const readParameters = (text: string): Record<string, unknown> | undefined => {
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

/** It says when it is none. */
export const ParametersInput = ({ value, onChange }: Props) => {
  const { t } = useTranslation('subscriptions')
  return (
    <JsonInput
      label={t('parameters.label')}
      description={t('parameters.about')}
      autosize
      minRows={2}
      maxRows={12}
      value={value}
      onChange={onChange}
      error={readParameters(value) === undefined ? t('parameters.noJson') : undefined}
    />
  )
}

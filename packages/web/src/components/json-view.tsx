/** A JSON value to look at: indented, and it can be copied. */
import { useTranslation } from 'react-i18next'
import { CodeBlock } from './code-block.tsx'

type Props = {
  readonly value: unknown
  /** What it is; "JSON" by default. */
  readonly label?: string
}

/** The value with two spaces a level. */
export const JsonView = ({ value, label }: Props) => {
  const { t } = useTranslation('parts')
  return <CodeBlock code={JSON.stringify(value, undefined, 2) ?? ''} label={label ?? t('json')} />
}

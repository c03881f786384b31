/** A whole rule as JSON, for what the form has no fields for. */
import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RuleBody } from './queries.ts'

type Props = { readonly body: RuleBody; readonly onChange: (body: RuleBody) => void }

/** The text; it is passed on whenever it is JSON. The server says what else is wrong with it. */
export const RuleJson = ({ body, onChange }: Props) => {
  const { t } = useTranslation('rules')
  const [text, setText] = useState(() => JSON.stringify(body, undefined, 2))
  const [problem, setProblem] = useState<string>()
  const change = (typed: string): void => {
    setText(typed)
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the server checks it field by field
      onChange(JSON.parse(typed) as RuleBody)
      setProblem(undefined)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <Textarea
      label={t('json')}
      description={t('jsonAbout')}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      error={problem === undefined ? undefined : t('broken', { problem })}
      autosize
      minRows={16}
      maxRows={40}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
    />
  )
}

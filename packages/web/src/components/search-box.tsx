/** A text filter: what is typed reaches the address when one pauses. */
import { CloseButton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from './icon.tsx'

type Props = {
  readonly label: string
  readonly value: string | undefined
  /** Called with undefined when it is empty. */
  readonly onChange: (value: string | undefined) => void
}

const pauseMs = 250

/** With a button that clears it. */
export const SearchBox = ({ label, value, onChange }: Props) => {
  const { t } = useTranslation('parts')
  const [typed, setTyped] = useState(value ?? '')
  const pass = useDebouncedCallback(
    (text: string) => onChange(text.trim() === '' ? undefined : text.trim()),
    pauseMs,
  )
  const change = (text: string): void => {
    setTyped(text)
    pass(text)
  }
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      leftSection={<Icon name="search" size={14} />}
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      w={{ base: '100%', xs: '16rem' }}
      rightSection={
        typed === '' ? null : (
          <CloseButton size="sm" aria-label={t('clear')} onClick={() => change('')} />
        )
      }
    />
  )
}

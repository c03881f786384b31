/** A date and time in the tenant's zone; its value is the moment as the API has it. Not for times of day. */
import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useZone } from '../app/use-zone.ts'
import { localTimeOf, momentOf } from './zoned-time.ts'

type Props = {
  readonly label: string
  readonly description?: string
  /** RFC 3339; '' is none. */
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error?: string | undefined
  readonly isRequired?: boolean
  readonly isDisabled?: boolean
}

/** The browser's own picker, with the zone in words. */
export const ZonedTimeInput = (props: Props) => {
  const { label, description, value, onChange, error, isRequired = false, isDisabled } = props
  const { t } = useTranslation('parts')
  const zone = useZone()
  const [typed, setTyped] = useState({ value, local: localOf(value, zone) })
  const local = typed.value === value ? typed.local : localOf(value, zone)
  const change = (next: string): void => {
    const moment = momentOf(next, zone) ?? ''
    setTyped({ value: moment, local: next })
    onChange(moment)
  }
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={description ?? t('zonedTime', { zone })}
      value={local}
      onChange={(event) => change(event.currentTarget.value)}
      error={error}
      required={isRequired}
      disabled={isDisabled ?? false}
    />
  )
}

const localOf = (value: string, zone: string): string =>
  value === '' ? '' : localTimeOf(value, zone)

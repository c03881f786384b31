/** Finds a contact by the beginning of a name or an address. */
import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'

type Props = {
  /** `con_…`; null: nobody is chosen. */
  readonly value: string | null
  readonly onChange: (id: string | null) => void
}

type Contact = Awaited<ReturnType<typeof api.contacts.list>>['items'][number]

const pauseMs = 250

/** A name, else the first address. */
const nameOf = ({ attributes, email, phone, telegramId, externalId, id }: Contact): string => {
  const part = (key: string): string => (typeof attributes[key] === 'string' ? attributes[key] : '')
  const name = part('name') || `${part('firstName')} ${part('lastName')}`.trim()
  const address = email ?? phone ?? telegramId ?? externalId ?? id
  return name === '' ? address : `${name} · ${address}`
}

/** A field to type into, with what was found below it. */
export const ContactSelect = ({ value, onChange }: Props) => {
  const { t } = useTranslation('campaigns')
  const [typed, setTyped] = useState('')
  const [q] = useDebouncedValue(typed.split(' · ')[0]?.trim() ?? '', pauseMs)
  const { data } = useQuery({
    queryKey: ['contacts', 'find', q],
    queryFn: async ({ signal }) =>
      (await api.contacts.list({ limit: 10, ...(q === '' ? {} : { q }) }, { signal })).items,
    placeholderData: keepPreviousData,
  })
  return (
    <Select
      label={t('preview.contact')}
      placeholder={t('preview.first')}
      searchable
      clearable
      filter={({ options }) => options}
      searchValue={typed}
      onSearchChange={setTyped}
      nothingFoundMessage={t('preview.nobody')}
      data={(data ?? []).map((contact) => ({ value: contact.id, label: nameOf(contact) }))}
      value={value}
      onChange={onChange}
    />
  )
}

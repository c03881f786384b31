/** Finds a contact by the beginning of a name or an address. */
import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { contactName } from '../contacts/contact-name.ts'
import type { Contact } from '../contacts/queries.ts'

type Props = {
  /** `con_…`; null: nobody is chosen. */
  readonly value: string | null
  readonly onChange: (id: string | null) => void
}

const pauseMs = 250

/** The address behind the name, where it is not the name itself. */
const labelOf = (contact: Contact): string => {
  const name = contactName(contact)
  const address = contact.email ?? contact.phone ?? contact.telegramId ?? name
  return address === name ? name : `${name} · ${address}`
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
      data={(data ?? []).map((contact) => ({ value: contact.id, label: labelOf(contact) }))}
      value={value}
      onChange={onChange}
    />
  )
}

/** The command palette (Ctrl/Cmd-K): jumps to any page, to anything by its id, to contacts and campaigns by what they are called. */
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../components/icon.tsx'
import { api } from './api.ts'
import { useMay } from './session.ts'
import { usePlaces } from './use-places.ts'

const idPattern = /^([a-z]{2,4})_[0-9A-Za-z]{10,}$/

const pauseMs = 250
const leastCharacters = 3
const shownContacts = 5
/** The newest ones: a campaign that one looks for by name is of these days. */
const searchedCampaigns = 100

/** Contacts that begin with what was typed, and campaigns that have it in their names. */
const useFound = (query: string): SpotlightActionData[] => {
  const navigate = useNavigate()
  const [typed] = useDebouncedValue(query.trim(), pauseMs)
  const isEnough = typed.length >= leastCharacters && !idPattern.test(typed)
  const contacts = useQuery({
    queryKey: ['contacts', 'palette', typed],
    queryFn: async ({ signal }) =>
      (await api.contacts.list({ q: typed, limit: shownContacts }, { signal })).items,
    enabled: useMay('contacts:read') && isEnough,
  })
  const campaigns = useQuery({
    queryKey: ['campaigns', 'palette'],
    queryFn: async ({ signal }) =>
      (await api.campaigns.list({ limit: searchedCampaigns }, { signal })).items,
    enabled: useMay('campaigns:read') && isEnough,
  })
  return [
    ...(contacts.data ?? []).map(({ id, email, phone, telegramId, externalId }) => ({
      id,
      label: email ?? phone ?? telegramId ?? externalId ?? id,
      // What was typed may be the beginning of a name or number that is not shown.
      keywords: [typed, query.trim()],
      leftSection: <Icon name="person" />,
      onClick: () => void navigate({ to: '/contacts/$id', params: { id } }),
    })),
    ...(campaigns.data ?? []).map(({ id, name }) => ({
      id,
      label: name,
      leftSection: <Icon name="megaphone" />,
      onClick: () => void navigate({ to: '/campaigns/$id', params: { id } }),
    })),
  ]
}

/** The actions for what was typed: the place of an id, else the pages. */
const useActions = (query: string): SpotlightActionData[] => {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const places = usePlaces().flatMap((group) => group.places)
  const typed = query.trim()
  const prefix = idPattern.exec(typed)?.[1]
  const home = places.find(({ ids }) => ids !== undefined && ids === prefix)
  const pages = places.map((place) => ({
    id: place.to,
    label: t(`places.${place.text}`),
    leftSection: <Icon name={place.icon} />,
    onClick: () => void navigate({ to: place.to }),
  }))
  if (home === undefined) return pages
  const label = t('palette.goTo', { id: typed })
  return [
    {
      id: typed,
      label,
      description: t(`places.${home.text}`),
      keywords: [typed],
      leftSection: <Icon name={home.icon} />,
      onClick: () => void navigate({ to: `${home.to}/${typed}` }),
    },
  ]
}

/** Rendered once by the frame, which also listens for the keys: they count before this has been loaded. */
export const Palette = () => {
  const { t } = useTranslation()
  const [query, setQuery] = useState('')
  const pages = useActions(query)
  const found = useFound(query)
  const actions = query.trim().length < leastCharacters ? pages : [...pages, ...found]
  return (
    <Spotlight
      actions={actions}
      query={query}
      onQueryChange={setQuery}
      nothingFound={t('palette.nothing')}
      scrollable
      shortcut={null}
      attributes={{ content: { 'aria-label': t('searchShort') } }}
      searchProps={{
        leftSection: <Icon name="search" />,
        placeholder: t('palette.placeholder'),
        'aria-label': t('palette.placeholder'),
      }}
    />
  )
}

/** The command palette (Ctrl/Cmd-K): jumps to any page, and to anything by its id. */
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../components/icon.tsx'
import { usePlaces } from './use-places.ts'

const idPattern = /^([a-z]{2,4})_[0-9A-Za-z]{10,}$/

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
  const actions = useActions(query)
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

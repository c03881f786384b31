/** The keys of the installation, which may do everything in every tenant. For platform admins. */
import { getRouteApi } from '@tanstack/react-router'
import { KeyList } from './key-list.tsx'

const route = getRouteApi('/app/platform-api-keys')

/** The page at /platform-api-keys. */
export const PlatformApiKeysPage = () => {
  const { state } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <KeyList
      of="platform"
      state={state}
      onState={(next) => void navigate({ search: next === undefined ? {} : { state: next } })}
    />
  )
}

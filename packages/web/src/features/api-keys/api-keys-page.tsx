/** The keys of the tenant. */
import { getRouteApi } from '@tanstack/react-router'
import { KeyList } from './key-list.tsx'

const route = getRouteApi('/app/api-keys')

/** The page at /api-keys. */
export const ApiKeysPage = () => {
  const { state } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <KeyList
      of="tenant"
      state={state}
      onState={(next) => void navigate({ search: next === undefined ? {} : { state: next } })}
    />
  )
}

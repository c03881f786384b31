/** The audit log of the tenant. */
import { getRouteApi } from '@tanstack/react-router'
import { AuditLog } from './audit-log.tsx'

const route = getRouteApi('/app/audit')

/** The page at /audit. */
export const AuditPage = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <AuditLog of="tenant" search={search} onSearch={(next) => void navigate({ search: next })} />
  )
}

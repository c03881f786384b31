/** The audit log of the installation: accounts, platform keys, providers. For platform admins. */
import { getRouteApi } from '@tanstack/react-router'
import { AuditLog } from './audit-log.tsx'

const route = getRouteApi('/app/platform-audit')

/** The page at /platform-audit. */
export const PlatformAuditPage = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <AuditLog of="platform" search={search} onSearch={(next) => void navigate({ search: next })} />
  )
}

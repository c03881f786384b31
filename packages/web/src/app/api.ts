/** The one client through which the UI speaks to the server, in the tenant that this tab's address names. */
import { createClient, type Client } from '@carillon/client'

const prefix = /^\/t\/([a-z0-9][a-z0-9-]*)(?=\/|$)/

/** Slug of the tenant in the address (`/t/acme/deliveries`); undefined: the person's own. It lasts as long as the page. */
export const tenantInUrl: string | undefined = prefix.exec(globalThis.location.pathname)?.[1]

/** What stands before every path of the router. */
export const basePath = tenantInUrl === undefined ? '/' : `/t/${tenantInUrl}`

/** Every method of the API; the browser adds the session's cookie. Methods reject with a `CarillonError`. */
export const api: Client = createClient({
  baseUrl: '',
  ...(tenantInUrl === undefined ? {} : { tenant: tenantInUrl }),
})

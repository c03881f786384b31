/** The slug of a tenant: how callers name it, in the header Carillon-Tenant. Not its id. */

/** As in the CHECK of the table: a DNS label, so that it can become part of a host name. */
export const tenantSlugPattern = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'
const pattern = new RegExp(tenantSlugPattern)

/** Can this be a tenant's slug? */
export const isTenantSlug = (text: string): boolean => pattern.test(text)

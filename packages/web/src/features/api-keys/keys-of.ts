/** The two kinds of keys: where they are kept by the API, and under which key their lists are remembered. */
import { api } from '../../app/api.ts'
import type { ApiCall } from '../../components/curl-of.ts'

export type KeysOf = 'tenant' | 'platform'

type Keys = {
  readonly resource: Pick<typeof api.apiKeys, 'list' | 'delete'>
  readonly queryKey: readonly string[]
  /** Makes one by API. */
  readonly call: ApiCall
}

export const keysOf: Readonly<Record<KeysOf, Keys>> = {
  tenant: {
    resource: api.apiKeys,
    queryKey: ['api keys'],
    call: { method: 'POST', path: '/api/v1/api-keys', body: { name: 'shop', role: 'write' } },
  },
  platform: {
    resource: api.platformApiKeys,
    queryKey: ['platform api keys'],
    call: { method: 'POST', path: '/api/v1/platform-api-keys', body: { name: 'deployment' } },
  },
}

/** A link to a thing of which only the kind and the id are known: where the API names what decided, for instance. */
import type { ReactNode } from 'react'
import { LinkText } from './link-text.tsx'

const paths: Readonly<Record<string, string>> = {
  event: '/events',
  rule: '/rules',
  delivery: '/deliveries',
  integration: '/integrations',
  subscription: '/subscriptions',
  contact: '/contacts',
  campaign: '/campaigns',
  suppression: '/suppressions',
}

type Props = { readonly type: string; readonly id: string; readonly children: ReactNode }

/** Plain text where there is no page of that kind. */
export const ObjectLink = ({ type, id, children }: Props) => {
  const path = paths[type]
  if (path === undefined) return <>{children}</>
  const to: string = `${path}/${id}`
  return (
    <LinkText to={to} underline="always">
      {children}
    </LinkText>
  )
}

/** A link to a thing of which only the kind and the id are known: where the API names what decided, for instance. */
import type { ReactNode } from 'react'
import { useMay } from '../app/session.ts'
import { LinkText } from './link-text.tsx'

type Place = { readonly path: string; readonly scope?: string }

const places: Readonly<Record<string, Place>> = {
  event: { path: '/events', scope: 'events:read' },
  rule: { path: '/rules', scope: 'rules:read' },
  delivery: { path: '/deliveries' },
  integration: { path: '/integrations', scope: 'integrations:read' },
  subscription: { path: '/subscriptions', scope: 'registrations:read' },
  contact: { path: '/contacts', scope: 'contacts:read' },
  campaign: { path: '/campaigns', scope: 'campaigns:read' },
  suppression: { path: '/suppressions', scope: 'suppressions:read' },
}

type Props = { readonly type: string; readonly id: string; readonly children: ReactNode }

/** Plain text where there is no page of that kind, or none that this person may see. */
export const ObjectLink = ({ type, id, children }: Props) => {
  const place = places[type]
  const may = useMay(place?.scope ?? [])
  if (place === undefined || !may) return <>{children}</>
  const to: string = `${place.path}/${id}`
  return (
    <LinkText to={to} underline="always">
      {children}
    </LinkText>
  )
}

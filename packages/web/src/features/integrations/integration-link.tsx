/** An integration by its name, as a link to its page; by its id while the name is not known. */
import { useQuery } from '@tanstack/react-query'
import { LinkText } from '../../components/link-text.tsx'
import { integrationsQuery } from './queries.ts'

/** The link. */
export const IntegrationLink = ({ id }: { readonly id: string }) => {
  const { data } = useQuery(integrationsQuery)
  return (
    <LinkText to="/integrations/$id" params={{ id }}>
      {data?.find((one) => one.id === id)?.name ?? id}
    </LinkText>
  )
}

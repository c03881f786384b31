/** The tags: to be made, renamed for all contacts that have them, and deleted. */
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { LinkText } from '../../components/link-text.tsx'
import { usePages } from '../../components/use-pages.ts'
import { AddNamed } from './add-named.tsx'
import { NamedPage } from './named-page.tsx'

/** The page at /contacts/tags. */
export const TagsPage = () => {
  const { t } = useTranslation('contacts')
  const queries = useQueryClient()
  const pages = usePages(
    ['tags', 'list'],
    async (more, signal) => await api.tags.list({ limit: 200, ...more }, { signal }),
  )
  const add = async ({ key }: { readonly key: string }): Promise<void> => {
    await api.tags.create({ name: key })
    await queries.invalidateQueries({ queryKey: ['tags'] })
  }
  return (
    <NamedPage
      texts="tags"
      pages={pages}
      items={pages.items.map(({ id, name }) => ({ id, key: name, name }))}
      add={<AddNamed keyLabel={t('fields.name')} field="name" onAdd={add} />}
      rename={async (id, name) => await api.tags.update(id, { name })}
      remove={async (id, force) => await api.tags.delete(id, { force })}
      link={({ key }) => (
        <LinkText to="/contacts" search={{ tag: key }}>
          {key}
        </LinkText>
      )}
    />
  )
}

/** The operators of phone numbers: to be made, named, and deleted. */
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { LinkText } from '../../components/link-text.tsx'
import { usePages } from '../../components/use-pages.ts'
import { AddNamed } from './add-named.tsx'
import { NamedPage } from './named-page.tsx'

/** The page at /contacts/operators. */
export const OperatorsPage = () => {
  const { t } = useTranslation('contacts')
  const queries = useQueryClient()
  const pages = usePages(
    ['operators', 'list'],
    async (more, signal) => await api.operators.list({ limit: 200, ...more }, { signal }),
  )
  const add = async ({ key, name }: { readonly key: string; readonly name: string }) => {
    await api.operators.create({ code: key, ...(name === '' ? {} : { name }) })
    await queries.invalidateQueries({ queryKey: ['operators'] })
  }
  return (
    <NamedPage
      texts="operators"
      pages={pages}
      items={pages.items.map(({ id, code, name }) => ({ id, key: code, name: name ?? '' }))}
      add={
        <AddNamed
          keyLabel={t('operators.code')}
          nameLabel={t('fields.name')}
          field="code"
          onAdd={add}
        />
      }
      rename={async (id, name) =>
        await api.operators.update(id, { name: name === '' ? null : name })
      }
      remove={async (id, force) => await api.operators.delete(id, { force })}
      link={({ key }) => (
        <LinkText to="/contacts" search={{ operator: key }}>
          {key}
        </LinkText>
      )}
    />
  )
}

/** The list of contacts, with filters in the address, the imports that run, and the way to everything about contacts. */
import { Badge, Group, Select, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { Icon } from '../../components/icon.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { SaveButton } from '../../components/save-button.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { usePages } from '../../components/use-pages.ts'
import { contactName } from './contact-name.ts'
import { RunningImports } from './running-imports.tsx'
import { operatorCodesQuery, tagNamesQuery, type Contact } from './queries.ts'
import type { ContactSearch } from './routes.ts'

const route = getRouteApi('/app/contacts')
const zones = Intl.supportedValuesOf('timeZone')

/** The page at /contacts; a contact's panel is drawn over it. */
export const ContactsPage = () => {
  const { t } = useTranslation('contacts')
  const search = route.useSearch()
  const isFiltered = Object.keys(search).length > 0
  const pages = usePages(
    ['contacts', 'list', search],
    async (more, signal) => await api.contacts.list({ ...search, ...more }, { signal }),
  )
  return (
    <Page title={t('title')} about={t('about')} actions={<Actions search={search} />}>
      <RunningImports />
      <Filters />
      <Count search={search} />
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={isFiltered ? <Text c="dimmed">{t('nothingFound')}</Text> : <NothingYet />}
      />
      <Outlet />
    </Page>
  )
}

const Actions = ({ search }: { readonly search: ContactSearch }) => {
  const { t } = useTranslation('contacts')
  const mayWrite = useMay('contacts:write')
  return (
    <>
      {mayWrite ? (
        <>
          <LinkButton to="/contacts/import" leftSection={<Icon name="upload" />}>
            {t('import.action')}
          </LinkButton>
          <LinkButton
            variant="default"
            to="/contacts/new"
            search={(now) => now}
            leftSection={<Icon name="add" />}
          >
            {t('add')}
          </LinkButton>
        </>
      ) : null}
      <SaveButton
        label={t('export')}
        name="contacts.csv"
        load={async () => await api.contacts.export({ format: 'csv', ...search })}
      />
    </>
  )
}

/** Nothing where there is nobody: the list says so. */
const Count = ({ search }: { readonly search: ContactSearch }) => {
  const { t } = useTranslation('contacts')
  const { data } = useQuery({
    queryKey: ['contacts', 'count', search],
    queryFn: async ({ signal }) => await api.contacts.count(search, { signal }),
    placeholderData: keepPreviousData,
  })
  if (data === undefined || data.count === 0) return null
  return (
    <Text c="dimmed" aria-live="polite">
      {t(data.isExact ? 'count' : 'countMore', { count: data.count })}
    </Text>
  )
}

const Filters = () => {
  const { t } = useTranslation('contacts')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const tags = useQuery(tagNamesQuery).data ?? []
  const operators = useQuery(operatorCodesQuery).data ?? []
  const put = (name: keyof ContactSearch, value: string | null | undefined): void => {
    const { [name]: _old, ...others } = search
    const next = value === null || value === undefined ? others : { ...others, [name]: value }
    void navigate({ search: next, replace: true })
  }
  const select = (name: 'tag' | 'operator' | 'timezone') => ({
    value: search[name] ?? null,
    onChange: (value: string | null) => put(name, value),
    clearable: true,
    searchable: true,
    limit: 100,
    'aria-label': t(`filters.${name}`),
    placeholder: t(`filters.${name}`),
    w: { base: '100%', xs: '12rem' },
  })
  return (
    <FilterBar>
      <SearchBox value={search.q} label={t('search')} onChange={(value) => put('q', value)} />
      <Select data={withChosen(tags, search.tag)} {...select('tag')} />
      <Select data={operators} {...select('operator')} />
      <Select data={zones} {...select('timezone')} />
      <Group gap="sm" ms={{ base: 0, sm: 'auto' }}>
        <LinkText to="/contacts/tags">{t('tags.title')}</LinkText>
        <LinkText to="/contacts/operators">{t('operators.title')}</LinkText>
        <LinkText to="/contacts/imports">{t('imports.title')}</LinkText>
      </Group>
    </FilterBar>
  )
}

/** A tag may be behind the first 200. */
const withChosen = (tags: readonly string[], chosen: string | undefined): string[] =>
  chosen === undefined || tags.includes(chosen) ? [...tags] : [chosen, ...tags]

const useColumns = (): readonly Column<Contact>[] => {
  const { t } = useTranslation('contacts')
  return [
    {
      id: 'name',
      header: t('fields.name'),
      width: '18%',
      cell: (contact) => (
        <RowLink to="/contacts/$id" params={{ id: contact.id }} search={(now) => now}>
          {contactName(contact)}
        </RowLink>
      ),
    },
    {
      id: 'email',
      header: t('fields.email'),
      width: '26%',
      cell: ({ email }) => <span style={{ overflowWrap: 'anywhere' }}>{email ?? '–'}</span>,
    },
    {
      id: 'phone',
      header: t('fields.phone'),
      cell: ({ phone }) => (phone === null ? '–' : `+${phone}`),
    },
    {
      id: 'telegram',
      header: t('fields.telegramId'),
      isWideOnly: true,
      cell: ({ telegramId }) => telegramId ?? '–',
    },
    { id: 'tags', header: t('fields.tags'), cell: ({ tags }) => <Tags tags={tags} /> },
    {
      id: 'zone',
      header: t('fields.timezone'),
      isWideOnly: true,
      cell: ({ timezone }) => timezone ?? '–',
    },
  ]
}

const mostTags = 3

const Tags = ({ tags }: { readonly tags: readonly string[] }) => (
  <span>
    {tags.length === 0 ? '–' : null}
    {tags.slice(0, mostTags).map((tag) => (
      <Badge key={tag} color="gray" maw="10rem" me={4} title={tag}>
        {tag}
      </Badge>
    ))}
    {tags.length > mostTags ? ` +${tags.length - mostTags}` : null}
  </span>
)

const NothingYet = () => {
  const { t } = useTranslation('contacts')
  const mayWrite = useMay('contacts:write')
  return (
    <EmptyState
      icon="people"
      title={t('empty.title')}
      text={t('empty.text')}
      action={
        mayWrite ? (
          <LinkButton to="/contacts/import" leftSection={<Icon name="upload" />}>
            {t('import.action')}
          </LinkButton>
        ) : null
      }
      call={{
        method: 'POST',
        path: '/api/v1/contacts',
        body: { email: 'anna@example.org', tags: ['vip'], timezone: 'Europe/Rome' },
      }}
    />
  )
}

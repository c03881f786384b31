/** One contact beside the list: what is known of it, changing it, deleting it; and a new one. */
import { Badge, Group, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DeleteButton } from '../../components/delete-button.tsx'
import { Facts } from '../../components/facts.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { When } from '../../components/when.tsx'
import { ContactForm } from './contact-form.tsx'
import { contactName } from './contact-name.ts'
import { contactQuery, type Contact, type ContactBody } from './queries.ts'

const listApi = getRouteApi('/app/contacts')
const oneApi = getRouteApi('/app/contacts/$id')

/** Back to the list, with its filters. */
const useClose = (): (() => Promise<void>) => {
  const navigate = listApi.useNavigate()
  return async () => await navigate({ to: '/contacts', search: (now) => now })
}

/** The panel at /contacts/new. */
export const NewContactPanel = () => {
  const { t } = useTranslation('contacts')
  const close = useClose()
  const navigate = listApi.useNavigate()
  const queries = useQueryClient()
  const create = async (body: ContactBody): Promise<void> => {
    const { id } = await api.contacts.create(body)
    await queries.invalidateQueries({ queryKey: ['contacts'] })
    await navigate({ to: '/contacts/$id', params: { id }, search: (now) => now })
  }
  return (
    <SidePanel title={t('add')} onClose={close}>
      <ContactForm contact={undefined} onSave={create} />
    </SidePanel>
  )
}

/** The panel at /contacts/<id>. */
export const ContactPanel = () => {
  const { t } = useTranslation('contacts')
  const { id } = oneApi.useParams()
  const close = useClose()
  const mayWrite = useMay('contacts:write')
  const query = useQuery(contactQuery(id))
  return (
    <ObjectPanel
      query={query}
      title={t('one')}
      onClose={close}
      view={(contact) => ({
        id,
        title: contactName(contact),
        change: { at: contact.updatedAt },
        tabs: [
          {
            id: 'facts',
            label: t('tabs.facts'),
            content: <FactsOf contact={contact} onGone={close} />,
          },
          ...(mayWrite
            ? [{ id: 'edit', label: t('tabs.edit'), content: <Change contact={contact} /> }]
            : []),
        ],
        api: {
          call: { method: 'GET', path: `/api/v1/contacts/${id}` },
          sdk: `contacts.get('${id}')`,
        },
      })}
    />
  )
}

type Props = { readonly contact: Contact; readonly onGone: () => Promise<void> }

const Change = ({ contact }: Pick<Props, 'contact'>) => {
  const { t } = useTranslation('contacts')
  const queries = useQueryClient()
  const change = async (body: ContactBody): Promise<void> => {
    await api.contacts.replace(contact.id, { ...body, version: contact.version })
    notifications.show({ message: t('saved') })
    await queries.invalidateQueries({ queryKey: ['contacts'] })
  }
  return <ContactForm key={contact.version} contact={contact} onSave={change} />
}

const FactsOf = ({ contact, onGone }: Props) => {
  const { t } = useTranslation('contacts')
  const { tags, attributes } = contact
  return (
    <Stack gap="md">
      <Facts
        items={[
          [t('fields.email'), contact.email],
          [t('fields.phone'), contact.phone === null ? null : `+${contact.phone}`],
          [t('fields.telegramId'), contact.telegramId],
          [t('fields.externalId'), contact.externalId],
          [t('fields.operator'), contact.operator],
          [t('fields.timezone'), contact.timezone],
          [t('fields.language'), contact.language],
          [
            t('fields.tags'),
            tags.length === 0 ? null : (
              <Group gap={4}>
                {tags.map((tag) => (
                  <Badge key={tag} color="gray">
                    {tag}
                  </Badge>
                ))}
              </Group>
            ),
          ],
          [t('fields.createdAt'), <When key="c" at={contact.createdAt} />],
        ]}
      />
      {Object.keys(attributes).length === 0 ? null : (
        <JsonView value={attributes} label={t('fields.attributes')} />
      )}
      <DeleteContact contact={contact} onGone={onGone} />
    </Stack>
  )
}

const DeleteContact = ({ contact, onGone }: Props) => {
  const { t } = useTranslation('contacts')
  const mayWrite = useMay('contacts:write')
  if (!mayWrite) return null
  return (
    <Group>
      <DeleteButton
        action={t('delete.action')}
        question={t('delete.title', { name: contactName(contact) })}
        name={contactName(contact)}
        remove={async () => await api.contacts.delete(contact.id)}
        changes={['contacts']}
        gone={contactQuery(contact.id).queryKey}
        onGone={onGone}
      >
        {t('delete.text')}
      </DeleteButton>
    </Group>
  )
}

/** One contact beside the list: what is known of it, changing it, deleting it; and a new one. */
import { Badge, Button, Group, Stack, Tabs } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icon.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { ContactForm } from './contact-form.tsx'
import { contactName } from './contact-name.ts'
import { contactQuery, type Contact, type ContactBody } from './queries.ts'

const listApi = getRouteApi('/app/contacts')
const oneApi = getRouteApi('/app/contacts/$id')

/** Back to the list, with its filters. */
const useClose = (): (() => void) => {
  const navigate = listApi.useNavigate()
  return () => void navigate({ to: '/contacts', search: (now) => now })
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
  const { data, error, isPending } = useQuery(contactQuery(id))
  return (
    <SidePanel title={data === undefined ? t('one') : contactName(data)} onClose={close}>
      <ErrorNotice error={error} />
      {isPending ? <Waiting lines={8} /> : null}
      {data === undefined ? null : <Parts contact={data} onGone={close} />}
    </SidePanel>
  )
}

type Props = { readonly contact: Contact; readonly onGone: () => void }

const Parts = ({ contact, onGone }: Props) => {
  const { t } = useTranslation('contacts')
  const [tab, setTab] = useState<string | null>('facts')
  const queries = useQueryClient()
  const mayWrite = useMay('contacts:write')
  const change = async (body: ContactBody): Promise<void> => {
    await api.contacts.replace(contact.id, { ...body, version: contact.version })
    await queries.invalidateQueries({ queryKey: ['contacts'] })
    setTab('facts')
  }
  return (
    <Tabs value={tab} onChange={setTab} keepMounted={false}>
      <Tabs.List>
        <Tabs.Tab value="facts">{t('tabs.facts')}</Tabs.Tab>
        {mayWrite ? <Tabs.Tab value="edit">{t('tabs.edit')}</Tabs.Tab> : null}
        <Tabs.Tab value="api">{t('tabs.api')}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="facts" pt="md">
        <FactsOf contact={contact} onGone={onGone} />
      </Tabs.Panel>
      <Tabs.Panel value="edit" pt="md">
        <ContactForm contact={contact} onSave={change} />
      </Tabs.Panel>
      <Tabs.Panel value="api" pt="md">
        <ApiTab
          call={{ method: 'GET', path: `/api/v1/contacts/${contact.id}` }}
          sdk={`contacts.get('${contact.id}')`}
        />
      </Tabs.Panel>
    </Tabs>
  )
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
          ['ID', <CopyId key="id" id={contact.id} />],
          [t('fields.createdAt'), <When key="c" at={contact.createdAt} />],
          [t('fields.updatedAt'), <When key="u" at={contact.updatedAt} />],
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
  const [isAsked, setAsked] = useState(false)
  const queries = useQueryClient()
  const mayWrite = useMay('contacts:write')
  const remove = useMutation({
    mutationFn: async () => await api.contacts.delete(contact.id),
    onSuccess: async () => {
      onGone()
      queries.removeQueries({ queryKey: contactQuery(contact.id).queryKey })
      await queries.invalidateQueries({ queryKey: ['contacts', 'list'] })
    },
  })
  if (!mayWrite) return null
  return (
    <Group>
      <Button variant="default" leftSection={<Icon name="trash" />} onClick={() => setAsked(true)}>
        {t('delete.action')}
      </Button>
      <ConfirmWithCount
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        title={t('delete.title', { name: contactName(contact) })}
        action={t('delete.action')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        error={remove.error}
      >
        {t('delete.text')}
      </ConfirmWithCount>
    </Group>
  )
}

/** Makes a key: by a role, or scope by scope. The key itself is shown once. */
import { Button, Group, Modal, MultiSelect, Select, Stack, TextInput } from '@mantine/core'
import { useForm, type UseFormReturnType } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'
import { LinkOnce } from '../../components/link-once.tsx'
import { keysOf, type KeysOf } from './keys-of.ts'
import { scopeNames } from './scope-names.ts'

const roles = ['read', 'write', 'admin', 'own'] as const
type Role = (typeof roles)[number]

type Values = {
  readonly name: string
  readonly role: Role
  readonly scopes: string[]
  /** Days, as text; '' is for ever. */
  readonly days: string
}

const aDayMs = 86_400_000
const lifetimes = ['30', '90', '365'] as const

const expiresIn = (days: string): { readonly expiresAt?: string } =>
  days === '' ? {} : { expiresAt: new Date(Date.now() + Number(days) * aDayMs).toISOString() }

const useMakeKey = (of: KeysOf) => {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ name, role, scopes, days }: Values) =>
      of === 'platform'
        ? await api.platformApiKeys.create({ name, ...expiresIn(days) })
        : await api.apiKeys.create({
            name,
            ...(role === 'own' ? { scopes } : { role }),
            ...expiresIn(days),
          }),
    onSuccess: async () => await queries.invalidateQueries({ queryKey: keysOf[of].queryKey }),
  })
}

type Props = { readonly of: KeysOf; readonly onClose: () => void }

/** A dialog; afterwards it holds the key. */
export const NewKeyDialog = ({ of, onClose }: Props) => {
  const { t } = useTranslation('api-keys')
  const make = useMakeKey(of)
  const key = make.data?.key
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('make.title')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {typeof key === 'string' ? (
        <Stack gap="sm">
          <LinkOnce title={t('made.title')} about={t('made.about')} secret={key} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t('made.done')}</Button>
          </Group>
        </Stack>
      ) : (
        <KeyForm of={of} make={make} />
      )}
    </Modal>
  )
}

type FormProps = Pick<Props, 'of'> & { readonly make: ReturnType<typeof useMakeKey> }

const KeyForm = ({ of, make }: FormProps) => {
  const { t } = useTranslation('api-keys')
  const form = useForm<Values>({ initialValues: { name: '', role: 'write', scopes: [], days: '' } })
  const submit = (values: Values): void =>
    make.mutate(values, { onError: (error) => form.setErrors(fieldErrors(error)) })
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="sm">
        <ErrorNotice error={make.error} shown={['/name', '/scopes']} />
        <TextInput
          label={t('columns.name')}
          description={t('make.nameAbout')}
          required
          data-autofocus
          {...form.getInputProps('name')}
        />
        {of === 'tenant' ? <Rights form={form} /> : null}
        <Select
          label={t('make.ends')}
          data={[
            { value: '', label: t('noEnd') },
            ...lifetimes.map((value) => ({
              value,
              label: t('make.days', { count: Number(value) }),
            })),
          ]}
          allowDeselect={false}
          {...form.getInputProps('days')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={make.isPending}>
            {t('make.button')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** A role, or scopes one by one. */
const Rights = ({ form }: { readonly form: UseFormReturnType<Values> }) => {
  const { t } = useTranslation('api-keys')
  return (
    <>
      <Select
        label={t('make.role')}
        description={t(`roleAbout.${form.values.role}`)}
        data={roles.map((value) => ({ value, label: t(`roles.${value}`) }))}
        allowDeselect={false}
        {...form.getInputProps('role')}
      />
      {form.values.role === 'own' ? (
        <MultiSelect
          label={t('columns.scopes')}
          data={[...scopeNames]}
          searchable
          required
          {...form.getInputProps('scopes')}
        />
      ) : null}
    </>
  )
}

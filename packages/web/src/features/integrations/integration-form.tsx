/** The form of an integration: its name, what its connector asks for, and how the engine treats it. Sends through `onSave`. */
import { Button, Checkbox, Group, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState, type SyntheticEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { CarillonError } from '@carillon/client'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { isFieldSchema, type Json } from '../../components/schema-form/field-schema.ts'
import {
  isObject,
  problemsOf,
  withoutEmpty,
  type JsonObject,
} from '../../components/schema-form/field-value.ts'
import { SchemaForm } from '../../components/schema-form/schema-form.tsx'
import { Section } from '../../components/section.tsx'
import { EngineFields, engineValuesOf, type EngineValues } from './engine-fields.tsx'
import type { ConnectorView, Integration } from './queries.ts'

export type IntegrationValues = {
  readonly name: string
  readonly settings: JsonObject
  readonly secrets: JsonObject
} & EngineValues

type Props = {
  readonly connector: ConnectorView
  /** Absent: a new one. */
  readonly integration?: Integration
  readonly onSave: (values: IntegrationValues) => Promise<void>
  readonly saveLabel: string
}

const emptySchema = { type: 'object', properties: {} }

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})

/** The words for what the form itself found missing. */
const useLocalProblems = () => {
  const { t } = useTranslation('forms')
  return (connector: ConnectorView, values: IntegrationValues): ReadonlyMap<string, string> => {
    const schema = isFieldSchema(connector.settings) ? connector.settings : emptySchema
    const found = problemsOf(schema, values.settings, '/settings').map(
      (one) =>
        [
          one.pointer,
          one.problem === 'missing'
            ? t('problems.missing')
            : t(`problems.${one.problem}`, { bound: one.bound }),
        ] as const,
    )
    return new Map([
      ...(values.name === '' ? [['/name', t('problems.missing')] as const] : []),
      ...found,
    ])
  }
}

const startOf = (
  integration: Integration | undefined,
  connector: ConnectorView,
): IntegrationValues => ({
  name: integration?.name ?? connector.name,
  settings: isObject(integration?.settings) ? integration?.settings : {},
  secrets: {},
  ...engineValuesOf(integration),
})

/** Problems by pointer: what the form found, then what the server said. */
const useProblems = (error: unknown) => {
  const [local, setLocal] = useState<ReadonlyMap<string, string>>(new Map())
  const ofServer =
    error instanceof CarillonError
      ? error.errors.map(({ pointer, detail }) => [pointer, detail] as const)
      : []
  return { problems: new Map([...ofServer, ...local]), setLocal }
}

/** What is in the form, what is wrong with it, and sending it. */
const useIntegrationForm = ({ connector, integration, onSave }: Omit<Props, 'saveLabel'>) => {
  const [values, setValues] = useState(() => startOf(integration, connector))
  const save = useMutation({ mutationFn: onSave })
  const { problems, setLocal } = useProblems(save.error)
  const findProblems = useLocalProblems()
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    const ready = {
      ...values,
      name: values.name.trim(),
      settings: objectOf(withoutEmpty(values.settings)),
    }
    const found = findProblems(connector, ready)
    setLocal(found)
    if (found.size === 0) save.mutate(ready)
  }
  const put = (change: Partial<IntegrationValues>): void => setValues({ ...values, ...change })
  return { values, put, problems, submit, save }
}

/** Pointers of fields that are there to show what is wrong with them. */
const ownField = /^\/(?:name$|settings\/|secrets\/|limits\/|breaker\/)/

/** Fields in parts, and the button. */
export const IntegrationForm = (props: Props) => {
  const { t } = useTranslation('integrations')
  const { connector, saveLabel } = props
  const form = useIntegrationForm(props)
  const { values, put, problems, submit, save } = form
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="lg" maw="44rem">
        <TextInput
          label={t('fields.name')}
          description={t('fields.nameAbout')}
          required
          maxLength={200}
          value={values.name}
          error={problems.get('/name')}
          onChange={({ currentTarget }) => put({ name: currentTarget.value })}
        />
        <ConnectorFields {...props} form={form} />
        <EngineFields
          isSender={connector.channel !== null}
          value={values}
          onChange={put}
          problems={problems}
        />
        <ErrorNotice
          error={save.error}
          shown={[...problems.keys()].filter((pointer) => ownField.test(pointer))}
        />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {saveLabel}
          </Button>
          <Checkbox
            label={t('fields.enabled')}
            checked={values.enabled}
            onChange={({ currentTarget }) => put({ enabled: currentTarget.checked })}
          />
        </Group>
      </Stack>
    </form>
  )
}

type Form = { readonly form: ReturnType<typeof useIntegrationForm> }

/** What the connector asks for: settings, then secrets. */
const ConnectorFields = ({ connector, integration, form }: Props & Form) => {
  const { t } = useTranslation('integrations')
  const { values, put, problems } = form
  const schemas = schemasOf(connector)
  return (
    <>
      <SchemaForm
        schema={schemas.settings}
        value={values.settings}
        onChange={(settings) => put({ settings: objectOf(settings) })}
        pointer="/settings"
        problems={problems}
      />
      {schemas.hasSecrets ? (
        <Section title={t('secrets')}>
          <SchemaForm
            key={integration?.version ?? 0}
            schema={schemas.secrets}
            value={values.secrets}
            onChange={(secrets) => put({ secrets: objectOf(secrets) })}
            pointer="/secrets"
            problems={problems}
            secret={{ set: integration?.secretNames ?? [], made: connector.generatesSecrets }}
          />
        </Section>
      ) : null}
    </>
  )
}

const schemasOf = ({ settings, secrets }: ConnectorView) => {
  const ofSecrets = isFieldSchema(secrets) ? secrets : emptySchema
  return {
    settings: isFieldSchema(settings) ? settings : emptySchema,
    secrets: ofSecrets,
    hasSecrets: Object.keys(ofSecrets.properties ?? {}).length > 0,
  }
}

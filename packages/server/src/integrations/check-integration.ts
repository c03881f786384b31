/**
 * Is this a configuration that its connector can work with? The connector's own schemas, its `check`, the templates in the
 * settings, and targets that are plainly forbidden. Pure; what a name resolves to is judged when it is connected to.
 */
import type { Connector } from '@carillon/connectors/define-connector'
import { AppError, appError, type FieldError } from '@carillon/domain/errors'
import { nearestName } from '@carillon/domain/nearest-name'
import { isTemplate } from '@carillon/domain/plan'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import {
  type CompileTime,
  closeSchema,
  createRequestCompiler,
} from '../platform/http/request-schema.ts'
import { createEgress, refusedLiteral, type Egress } from '../platform/outbound/guarded-connect.ts'
import type { TemplateRenderer } from '../platform/template.ts'

export type Fields = Readonly<Record<string, unknown>>
type Configuration = { readonly settings: Fields; readonly secrets: Fields }
type CheckFields = (value: unknown) => readonly FieldError[]

export type IntegrationCheck = {
  /** The connector of this id. Throws `validation_failed` at `pointer` with the nearest name. */
  readonly connectorOf: (id: string, pointer: string) => Connector
  /** Everything that is wrong, with pointers below /settings and /secrets. Holds no values of secrets. */
  readonly errorsOf: (connector: Connector, configuration: Configuration) => readonly FieldError[]
}

type Options = {
  readonly connectors: ConnectorRegistry
  readonly renderer: TemplateRenderer
  /** The operator's networks that may be reached although private (CARILLON_ALLOW_PRIVATE_TARGETS). */
  readonly allowPrivateTargets: readonly string[]
  /** Of the connectors' schemas. Default: at once. */
  readonly compileTime?: CompileTime
}

/** Compiles the schemas of all connectors, at `compileTime`; throws then when one is not strict. */
export const createIntegrationCheck = (options: Options): IntegrationCheck => {
  const { connectors, renderer } = options
  const egress = createEgress({ allowPrivate: options.allowPrivateTargets })
  const compile = createRequestCompiler(options.compileTime)
  const byId = new Map(
    Object.values(connectors).map((connector) => [
      connector.id,
      {
        connector,
        settings: checkFields(compile, connector.settings, '/settings'),
        secrets: checkFields(compile, connector.secrets, '/secrets'),
      },
    ]),
  )
  return {
    connectorOf: (id, pointer) => {
      const known = byId.get(id)
      if (known === undefined) throw unknownConnector(id, pointer, [...byId.keys()])
      return known.connector
    },
    errorsOf: (connector, { settings, secrets }) => {
      const known = byId.get(connector.id)
      if (known === undefined) throw new Error(`connector ${connector.id} is not in the registry`)
      const shape = [...known.settings(settings), ...known.secrets(secrets)]
      // The checks further on may rely on the shape.
      if (shape.length > 0) return shape
      return [
        ...(connector.check?.(settings, secrets) ?? []),
        ...templateErrors(settings, '/settings', renderer),
        ...targetErrors(settings, '/settings', egress),
        ...targetErrors(secrets, '/secrets', egress),
      ]
    },
  }
}

const unknownConnector = (id: string, pointer: string, known: readonly string[]): AppError => {
  const nearest = nearestName(id, known)
  const hint =
    nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"?`
  const detail = `There is no connector "${id}": ${hint}`
  return appError('validation_failed', { detail, errors: [{ pointer, detail }] })
}

/** The edge's own compiler, so that a wrong setting reads like any other wrong field. */
const checkFields = (
  compile: ReturnType<typeof createRequestCompiler>,
  schema: object,
  pointer: string,
): CheckFields => {
  const closed = closeSchema(schema)
  if (typeof closed !== 'object' || closed === null) throw new Error(`${pointer}: no schema`)
  const validate = compile({ schema: closed, method: 'POST', url: pointer, httpPart: 'body' })
  return (value) => {
    // A copy, because the compiler fills in defaults: what is stored is what was said.
    const outcome: unknown = validate(structuredClone(value))
    if (outcome === true) return []
    const error =
      typeof outcome === 'object' && outcome !== null && 'error' in outcome && outcome.error
    if (!(error instanceof AppError)) throw new Error('the schema compiler gave no field errors')
    return error.errors.map((field) => ({ ...field, pointer: pointer + field.pointer }))
  }
}

const escapeToken = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** Every text with template marks must parse: what can't be parsed would fail at each message. */
const templateErrors = (
  value: unknown,
  pointer: string,
  renderer: TemplateRenderer,
): readonly FieldError[] => {
  if (typeof value === 'string') {
    const reason = isTemplate(value) ? renderer.check(value) : undefined
    return reason === undefined ? [] : [{ pointer, detail: `The template is not valid: ${reason}` }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) =>
    templateErrors(item, `${pointer}/${escapeToken(name)}`, renderer),
  )
}

/** URLs and `host` directly below: a forbidden address that is written out would be refused at every attempt. */
const targetErrors = (fields: Fields, pointer: string, egress: Egress): readonly FieldError[] =>
  Object.entries(fields).flatMap(([name, value]) => {
    const host = typeof value === 'string' ? hostOf(name, value) : undefined
    const refusal = host === undefined ? undefined : refusedLiteral(egress, host)
    return refusal === undefined
      ? []
      : [{ pointer: `${pointer}/${escapeToken(name)}`, detail: refusal.message }]
  })

const hostOf = (name: string, value: string): string | undefined => {
  if (name === 'host') return value
  return /^https?:\/\//i.test(value)
    ? URL.parse(value)?.hostname.replace(/^\[|\]$/g, '')
    : undefined
}

/** Do a connector's examples hold with its own schema, and do they show each kind of end? Part of the conformance suite. */
import type { TObject } from 'typebox'
import { Value } from 'typebox/value'
import type { OutcomeKind } from '@carillon/domain/outcome'
import { excerpt, stringsIn } from './conformance-rules.ts'
import type { SenderConnector } from './define-connector.ts'

const neededKinds: readonly (readonly OutcomeKind[])[] = [
  ['accepted'],
  ['retry'],
  ['recipient_rejected', 'message_rejected'],
  ['integration_rejected'],
]

/** Shorter secrets could not be told from other text when the suite looks for leaks. */
const secretMin = 8

/** Everything that is wrong with the examples as a set and one by one, without running them. */
export const exampleProblems = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
): readonly string[] => {
  const kinds = new Set(connector.examples.map((example) => example.outcome.kind))
  const names = connector.examples.map((example) => example.name)
  return [
    ...neededKinds
      .filter((needed) => !needed.some((kind) => kinds.has(kind)))
      .map((needed) => `no example ends as ${needed.join(' or ')}`),
    ...names
      .filter((name, at) => names.indexOf(name) !== at)
      .map((name) => `two examples are called ${excerpt(name)}`),
    ...connector.examples.flatMap((example) =>
      inputProblems(connector, example).map((problem) => `${example.name}: ${problem}`),
    ),
  ]
}

const inputProblems = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  { settings, secrets, message }: SenderConnector<S, X>['examples'][number],
): readonly string[] => {
  const address = connector.parseAddress(message.to)
  return [
    ...Value.Errors(connector.settings, settings).map(
      (error) => `settings${error.instancePath} ${error.message}`,
    ),
    ...Value.Errors(connector.secrets, secrets).map(
      (error) => `secrets${error.instancePath} ${error.message}`,
    ),
    ...(connector.check?.(settings, secrets) ?? []).map(
      ({ pointer, detail }) => `${pointer} ${detail}`,
    ),
    ...(address.ok ? [] : [`the address is refused: ${address.reason}`]),
    ...stringsIn(secrets)
      .filter((secret) => secret.length < secretMin)
      .map(
        (secret) =>
          `the secret ${excerpt(secret)} is too short to be looked for (at least ${secretMin})`,
      ),
  ]
}

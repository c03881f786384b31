/** Decisions as the API gives them, with their English sentence. Pure. The UI has its own words for the same codes. */
import type { Decision, ExplainAnswer, Link } from './schema.ts'

export type Values = Readonly<Record<string, string | number | null | undefined>>

/** `{name}` stands for a value; a value that is missing is left out. */
const sentences = {
  event_received: 'Event {type} received from {source}',
  event_typed: 'Event {type}, as it was typed',
  no_rules: 'This tenant has no rules',
  rules_of_other_types: '{count} rules are for other types of events',
  rule_matched: 'Rule "{name}" matched ({held} of {of} conditions)',
  rule_matches_now:
    'Rule "{name}" matches as it is now ({held} of {of} conditions), and made no delivery then',
  rule_disabled: 'Rule "{name}" is switched off',
  rule_conditions_failed: 'Rule "{name}" did not match: {held} of {of} conditions hold',
  condition_holds: '{path} {operator} {expected}: it is {actual}',
  condition_fails: '{path} {operator} {expected}: it is {actual}',
  rule_writes_to_others: 'It writes to {to}, and not to {person}',
  rule_publishes: 'Rule "{name}" publishes to the subscription "{label}"',
  subscription_disabled: 'The subscription "{label}" is switched off',
  function_decides: 'The function of "{label}" decides who gets what: try it with a trigger',
  not_registered: '{person} is not registered for "{label}"',
  nobody_registered: 'Nobody is registered for "{label}"',
  registrations: '{count} registrations for "{label}"',
  registration_off: 'The registration by {channel} to {to} is switched off',
  registration_found: 'Registered by {channel} with {to}',
  no_default_integration: 'There is no default integration for the channel "{channel}"',
  no_text: 'The subscription has no text for the channel "{channel}"',
  step_possible: 'Step {step}: {channel} by "{integration}" to {to}',
  step_no_address: 'Step {step} passed over: {reason}',
  step_suppressed: 'Step {step} passed over: {to} is suppressed ({reason}) since {since}',
  step_integration_off: 'Step {step} passed over: "{integration}" is {reason}',
  step_breaker_open: 'Step {step}: the breaker of "{integration}" is open until {until} ({reason})',
  step_not_reached: 'Step {step} is not needed',
  step_without_receipt: 'Step {step} has its turn if no receipt comes within {within}',
  provider_wait: 'The provider of "{integration}" asked everybody to wait until {until}',
  fan_out: 'Went to the subscription "{label}": {made} got it, {skipped} did not',
  fan_out_failed: 'The subscription "{label}" could not be expanded: {reason}',
  delivery: 'Delivery by {channel} to {to}: {state}',
  attempt: 'Attempt {number}: {outcome} {httpStatus} after {ms} ms. {reason}',
  passed_over: 'Step {step} passed over: {reason}',
  waits: 'Waits ({reason}) until {until}',
  ended: '{state}: {reason}',
  receipt: 'Receipt: {kind}',
  resend_of: 'It repeats an earlier delivery',
  of_campaign: 'It is of a campaign',
  would_get_now: '{person} would get it at once, by {channel} through "{integration}" to {to}',
  would_get_at: '{person} would get it at {at}, by {channel} through "{integration}" to {to}',
  would_get_nothing: '{person} would get nothing, because {because}',
  got: '{person} got it by {channel} at {at} ({state})',
  not_yet: '{person} has not got it yet: {because}; next try {at}',
  got_nothing: '{person} got nothing, because {because}',
} as const
export type Code = keyof typeof sentences

/** The sentence of a code. */
export const say = (code: Code, values: Values = {}): string =>
  sentences[code]
    .replaceAll(/\{(\w+)\}/g, (_all, name: string) => String(values[name] ?? ''))
    .replaceAll(/ {2,}/g, ' ')
    .replace(/[ .]+$/, '')

const known = (values: Values): Decision['values'] =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

/** One decision. */
export const decide = (
  depth: number,
  verdict: Decision['verdict'],
  code: Code,
  more: { readonly values?: Values; readonly link?: Link; readonly at?: string } = {},
): Decision => ({
  depth,
  verdict,
  code,
  text: say(code, more.values),
  values: known(more.values ?? {}),
  at: more.at ?? null,
  link: more.link ?? null,
})

/** What it comes to. */
export const conclude = (
  verdict: ExplainAnswer['conclusion']['verdict'],
  code: Code,
  values: Values,
): ExplainAnswer['conclusion'] => ({
  verdict,
  code,
  text: say(code, { ...values, person: values['person'] ?? 'Somebody' }),
  values: known(values),
})

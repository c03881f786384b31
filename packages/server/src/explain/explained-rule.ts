/** A rule that was held against an event, as the rules' own explanation gives it. Types only. */
import type { explainRules } from '../rules/explain-rules.ts'

type Explained = typeof explainRules

/** Whether it matches, condition by condition, and what it would lead to. */
export type Explanation = Awaited<ReturnType<Explained>>['rules'][number]

/** What a rule that sends would send. */
export type Preview = NonNullable<Explanation['wouldSend']>

/** An event, real or typed. */
export type TestEvent = Parameters<Explained>[1]['event']

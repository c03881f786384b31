/** A JSON object whose members nobody has looked at yet: cursors, data of events. A type only. */

export type JsonObject = Readonly<Record<string, unknown>>

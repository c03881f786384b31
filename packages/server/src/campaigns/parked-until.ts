/** `due_at` of what waits until its campaign goes on, as the engine's claim writes it (delivery/queries/engine.ts). A date, not infinity: whoever reads it gets a time. */
export const parkedUntil = `'9999-01-01 00:00:00+00'::timestamptz`

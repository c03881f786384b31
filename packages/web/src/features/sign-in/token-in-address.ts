/** The token that a link in a letter carries behind its `#`, where no server log sees it. */

/** Undefined when the link was not copied as a whole. */
export const tokenInAddress = (): string | undefined =>
  new URLSearchParams(globalThis.location.hash.slice(1)).get('token') ?? undefined

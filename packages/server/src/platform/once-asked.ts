/** A value that is made when somebody asks for it first, and kept. Not for anything that changes. */

/** What `make` gives, made at the first call and the same ever after. Throws what `make` throws, then tries it again. */
export const onceAsked = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

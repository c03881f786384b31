/** The server's complaints about fields, for Mantine's forms: pointers become the form's paths. No texts of its own. */
import { CarillonError } from '@carillon/client'

/** `/settings/host` -> `settings.host`. */
const pathOf = (pointer: string): string =>
  pointer.replace(/^\//, '').replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')

/** For `form.setErrors(…)`: each field's message by its path. Empty when the error is about no field. */
export const fieldErrors = (error: unknown): Record<string, string> =>
  error instanceof CarillonError
    ? Object.fromEntries(error.errors.map(({ pointer, detail }) => [pathOf(pointer), detail]))
    : {}

/** The pointers of `fieldErrors`: what `ErrorNotice` need not repeat, when the form has these fields. */
export const pointersOf = (fields: readonly string[]): readonly string[] =>
  fields.map((field) => `/${field.replaceAll('.', '/')}`)

/** Is a text that somebody types a JSON object? For the fields of forms that take one. */

/** False for arrays, other values and what is no JSON. */
export const isObjectText = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

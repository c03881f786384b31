/** The typed client of the API. */

/** The version of the API that this client speaks. */
export const apiVersion = 'v1'

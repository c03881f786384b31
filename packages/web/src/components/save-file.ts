/** Hands an answer of the API to whoever sits there, as a file. */

/** Saves the whole answer under this name. Rejects when it breaks off on the way. */
export const saveFile = async (answer: Promise<Response>, name: string): Promise<void> => {
  const url = URL.createObjectURL(await (await answer).blob())
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser reads the file after the click: it is given up when that is surely over.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

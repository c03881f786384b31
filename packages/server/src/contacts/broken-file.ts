/** That a file can't be read any further. What was read of it stays. */
export class BrokenFile extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'BrokenFile'
  }
}

/** The command line of a benchmark: `--name=value` and `--flag`. */

export type Options = {
  /** The number given for `name`, or the standard one: the first with `--quick`, else the second. */
  readonly number: (name: string, quick: number, full: number) => number
  readonly text: (name: string) => string | undefined
  readonly has: (flag: string) => boolean
  readonly isQuick: boolean
}

/** Reads it. Unknown options are not noticed: these are tools for us. */
export const readOptions = (args: readonly string[]): Options => {
  const isQuick = args.includes('--quick')
  const text = (name: string): string | undefined =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
  return {
    number: (name, quick, full) => Number(text(name) ?? (isQuick ? quick : full)),
    text,
    has: (flag) => args.includes(`--${flag}`),
    isQuick,
  }
}

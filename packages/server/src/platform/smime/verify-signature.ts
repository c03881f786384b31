/**
 * Checks a mail's S/MIME signature with openssl: the content is what was signed, the certificates lead to a configured
 * authority and were good when the mail came, they are for mail, and the signer is the sender. Nothing less is `valid`.
 * Not for finding the signed part (`connectors/imap/pec/signed-part.ts`), and not for what a verdict leads to.
 *
 * A child process, because CMS is ASN.1 from strangers: a fault in its reading ends the child and not the server.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  SignatureTrust,
  SignatureVerdict,
  SignedMail,
  VerifySignature,
} from '@carillon/connectors/verify-signature'
import type { Clock } from '@carillon/domain/clock'
import { type Signer, readSigners } from './read-signer.ts'
import { type OpensslOptions, type OpensslResult, runOpenssl } from './run-openssl.ts'

export type VerifyOptions = {
  /** Authorities beside those of each integration, as PEM. Default none. */
  readonly ca?: string
  readonly clock: Clock
  /** Default "openssl", from PATH. */
  readonly openssl?: string
  /** Of one child. Default 20,000 ms; a check takes some 30. */
  readonly timeoutMs?: number
  /** Children at the same time. Default 2. */
  readonly concurrency?: number
}

const unverified = (reason: string, signer?: Signer, expired = false): SignatureVerdict => ({
  valid: false,
  signer: signer?.addresses[0] ?? null,
  issuer: signer?.issuer ?? null,
  expired,
  reason,
})

/** What openssl says of a chain (X509_verify_cert_error_string), and our words for it; the first that is found counts. */
const chainComplaints: readonly (readonly [RegExp, string])[] = [
  [/certificate has expired/iu, 'the certificate had expired when the mail came'],
  [/certificate is not yet valid/iu, 'the certificate was not valid yet when the mail came'],
  // "unsuitable" since OpenSSL 3.0, "unsupported" before.
  [/unsu\w+ certificate purpose/iu, 'the certificate is not for mail'],
  [/certificate revoked/iu, 'the certificate was revoked'],
  [
    /invalid CA certificate|invalid purpose|path length/iu,
    'a certificate in the chain must not vouch for others',
  ],
]

const chainComplaint = (stderr: string): string =>
  chainComplaints.find(([words]) => words.test(stderr))?.[1] ??
  'no configured authority vouches for the certificate'

const contentComplaint = (stderr: string): string =>
  /digest|content verify|verification failure/iu.test(stderr)
    ? 'the content is not what was signed'
    : 'the signature can not be read'

/** Waits for one of `n` places; resolves with the function that gives it back. */
const createPlaces = (n: number) => {
  let free = n
  const waiting: (() => void)[] = []
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return async (): Promise<() => void> => {
    if (free > 0) free -= 1
    else {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      await promise
    }
    return leave
  }
}

const files = {
  content: 'content.bin',
  signature: 'signature.der',
  ca: 'ca.pem',
  signer: 'signer.pem',
} as const

const words = (text: string): readonly string[] => text.split(' ')

const commonArgs = words(
  `cms -verify -binary -inform DER -in ${files.signature} -content ${files.content} -signer ${files.signer} -out /dev/null`,
)

/** The configured authorities and no others: without the two switches openssl adds the system's. */
const chainArgs = (at: number): readonly string[] => [
  ...commonArgs,
  ...words(`-CAfile ${files.ca} -no-CApath -no-CAstore -partial_chain -purpose smimesign`),
  '-attime',
  String(Math.floor(at / 1_000)),
]

/** openssl writes the file where it got so far; without it there is nobody to name. */
const signersIn = async (path: string): Promise<readonly Signer[] | undefined> =>
  readSigners(await readFile(path, 'utf8').catch(() => ''))

const inFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-smime-'))
  try {
    await chmod(folder, 0o700)
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Check = {
  readonly mail: SignedMail
  readonly providers: readonly string[]
  readonly now: Date
  readonly run: (args: readonly string[]) => Promise<OpensslResult>
  readonly signers: () => Promise<readonly Signer[] | undefined>
}

const isOf = (address: string, providers: readonly string[]): boolean => {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  return (
    providers.length === 0 ||
    providers.some((provider) => {
      const known = provider.toLowerCase()
      return domain === known || domain.endsWith(`.${known}`)
    })
  )
}

/** What openssl does not look at. Undefined: nothing is wrong. */
const problemOf = (
  signers: readonly Signer[],
  { mail, providers }: Check,
): { readonly reason: string; readonly signer?: Signer } | undefined => {
  const [signer, second] = signers
  if (signer === undefined) return { reason: 'the signing certificate can not be read' }
  if (second !== undefined)
    return { reason: 'more than one has signed: who counts is not clear', signer }
  if (!signer.isForMail) return { reason: 'the certificate is not for mail', signer }
  if (!signer.addresses.includes(mail.from))
    return { reason: `the mail is from ${mail.from}, the certificate of another`, signer }
  if (!isOf(mail.from, providers))
    return { reason: `${mail.from} belongs to none of the configured providers`, signer }
  return undefined
}

/** Why the chain is not good: the content is looked at by itself, and the signer named for people. */
const explain = async (check: Check, stderr: string): Promise<SignatureVerdict> => {
  const bare = await check.run([...commonArgs, '-noverify'])
  if (bare.kind === 'unavailable') return unverified(bare.reason)
  if (bare.code !== 0) return unverified(contentComplaint(bare.stderr))
  const signer = (await check.signers())?.[0]
  const expired = signer !== undefined && signer.validTo < check.now
  return unverified(chainComplaint(stderr), signer, expired)
}

const verify = async (check: Check): Promise<SignatureVerdict> => {
  const result = await check.run(chainArgs(check.mail.at))
  if (result.kind === 'unavailable') return unverified(result.reason)
  if (result.code !== 0) return await explain(check, result.stderr)
  const signers = (await check.signers()) ?? []
  const problem = problemOf(signers, check)
  if (problem !== undefined) return unverified(problem.reason, problem.signer)
  const [signer] = signers
  return {
    valid: true,
    signer: check.mail.from,
    issuer: signer?.issuer ?? null,
    expired: signer !== undefined && signer.validTo < check.now,
    reason: null,
  }
}

/** Makes the check that mailboxes are given. Its calls never reject for anything in a mail, nor for a missing openssl. */
export const createVerifySignature = (options: VerifyOptions): VerifySignature => {
  const takePlace = createPlaces(options.concurrency ?? 2)
  const openssl: Omit<OpensslOptions, 'folder'> = {
    program: options.openssl ?? 'openssl',
    timeoutMs: options.timeoutMs ?? 20_000,
  }
  return async (mail: SignedMail, trust: SignatureTrust, signal: AbortSignal) => {
    const ca = [options.ca ?? '', trust.ca].join('\n').trim()
    if (ca === '') return unverified('no authority is configured whose certificates count')
    const leave = await takePlace()
    try {
      return await inFolder(async (folder) => {
        const path = (name: string): string => join(folder, name)
        const mode = 0o600
        await writeFile(path(files.content), mail.content, { mode })
        await writeFile(path(files.signature), mail.signature, { mode })
        await writeFile(path(files.ca), ca, { mode })
        return await verify({
          mail,
          providers: trust.providers,
          now: new Date(options.clock.now()),
          run: async (args) => await runOpenssl(args, { ...openssl, folder }, signal),
          signers: async () => await signersIn(path(files.signer)),
        })
      })
    } finally {
      leave()
    }
  }
}

/**
 * What an archive is given: the documents of the event that a delivery is about, and a folder to keep files in. The
 * server's adapters stand behind both; nothing is thrown for expected things.
 */
import type { RemoteFile } from './tracker.ts'

/** The documents of the tracked item that the delivery's event is about. */
export type DocumentsPort = {
  readonly fetch: (documentId: string) => Promise<RemoteFile>
}

export type FileResult =
  /** It was not there and is now, for good: written and synced before it got its name. */
  | { readonly kind: 'written' }
  /** The same bytes were there already. */
  | { readonly kind: 'same' }
  /** Other bytes are there, and stay. */
  | { readonly kind: 'different' }
  /** The path leads out of the archive, or is none. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The disk said no; it may say yes later. */
  | { readonly kind: 'failed'; readonly reason: string }

/** The tenant's part of the archive folder. */
export type FilesPort = {
  /** Writes a file once. `path` is relative, with `/` between its parts. */
  readonly write: (path: string, bytes: Uint8Array) => Promise<FileResult>
}

import type { CatalogueEntry } from '../catalogue.ts'

/** The journal and the other stores. */
export const storeErrors = {
  stale_version: {
    title: 'Another process wrote to this run first',
    status: 409,
    exit: 1,
    retry: 'safe',
    cause: 'The run has another owner now.',
    fix: 'Nothing: the run is loaded again and goes on.',
  },
  store_full: {
    title: 'There is no room left on the disk',
    status: 507,
    exit: 1,
    retry: 'after',
    cause:
      'The disk, or the quota of the folder that holds the store, is full. Nothing of the refused write was stored.',
    fix: 'Make room, or move the store to a larger disk. What was stored is intact, and writing goes on by itself.',
  },
  store_corrupt: {
    title: 'A stored file is damaged',
    status: 500,
    exit: 1,
    retry: 'never',
    cause:
      'The content of the file is not what was written: a bad disk, a copy made while it was in use, or another program.',
    fix: 'Stop all hosts that use the file, keep a copy of it, and put back a backup. Nothing is overwritten until then.',
  },
  store_busy: {
    title: 'Another process keeps the store locked',
    status: 503,
    exit: 1,
    retry: 'after',
    cause: 'A process held the write lock of the file for longer than writers wait.',
    fix: 'End the process that holds the file open (a database tool, a backup), then try again.',
  },
  store_too_new: {
    title: 'The store was written by a newer version',
    status: 500,
    exit: 1,
    retry: 'never',
    cause: 'A newer version of Wonder changed the layout of the file, and this one does not know it.',
    fix: 'Use that version or a newer one, or give this one a file of its own.',
  },
  store_foreign: {
    title: 'The file belongs to another program',
    status: 500,
    exit: 6,
    retry: 'never',
    cause: 'The file is a SQLite database with tables that Wonder did not make.',
    fix: 'Name another file. Nothing was changed in this one.',
  },
  store_unavailable: {
    title: 'The store cannot be opened, read or written',
    status: 503,
    exit: 1,
    retry: 'after',
    cause:
      'The folder is missing, the permissions do not allow it, the disk reports an error, or the store was closed.',
    fix: 'Look at the reason in the message: check the path, its permissions and the disk.',
  },
  blob_key_invalid: {
    title: 'A blob key is not allowed',
    status: 400,
    exit: 6,
    retry: 'never',
    cause: 'Keys are segments of letters, digits, ".", "_", ":" and "-", joined by "/"; "." and ".." are no segments.',
    fix: 'Use a key of that form.',
  },
  queue_message_too_large: {
    title: 'A queue message is larger than 100 KB',
    status: 413,
    exit: 1,
    retry: 'never',
    cause: 'A message carries ids only; values travel with the claim or as blobs.',
    fix: 'Store the value as a blob and send its key.',
  },
} as const satisfies Record<string, CatalogueEntry>

/**
 * The files of a project, as tasks leave them.
 *
 * G1 Every path is relative to the project's folder, with `/`; one that leads out of it, also through a link, is `path_outside_project`.
 * G2 find() gives regular files only, sorted, `.wonder` and `.git` left out.
 */
export interface ProjectFiles {
  /** The project's folder, absolute. */
  readonly root: string
  find(patterns: readonly string[]): Promise<readonly string[]>
  /** Throws `file_not_found`. */
  open(path: string): Promise<AsyncIterable<Uint8Array>>
}

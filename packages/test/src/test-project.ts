import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'
import { writeFiles } from './write-files.ts'

/** A project of its own in a temporary folder: its wonder.yaml says no more than a name, unless `files` has another. */
export async function testProject(files: { readonly [path: string]: string }): Promise<TemporaryFolder> {
  const folder = await temporaryFolder()
  await writeFiles(folder.path, { 'wonder.yaml': 'wonder: 1\nname: test\n', ...files })
  return folder
}

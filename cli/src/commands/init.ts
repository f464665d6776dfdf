import { relative } from 'node:path'
import { WonderError } from '@wonder/errors'
import type { CommandContext } from '../command-context.ts'
import { plural } from '../quantity.ts'
import { writeProject } from '../write-project.ts'

/** `wonder init [folder]` */
export async function init({ output }: CommandContext, folder = '.'): Promise<void> {
  const written = await writeProject(folder)
  if (written.status === 'exists') {
    const list = written.files.slice(0, 5).join(', ')
    throw new WonderError('files_exist', `Cannot make a project in "${folder}": it has ${list} already`, {
      details: { hint: 'Nothing was written. Name a new folder: wonder init my-project', files: written.files },
    })
  }
  const where = relative(process.cwd(), written.folder)
  output.line(
    `${output.paint('green', '✓')} A project with ${plural(written.files.length, 'file')} is in ${where || 'this folder'}`,
  )
  output.line()
  const steps = [
    ...(where === '' ? [] : [[`cd ${where}`, ''] as const]),
    ['wonder run hello', 'run its workflow'] as const,
    ['wonder run hello name=Ada', 'with another input'] as const,
    ['wonder runs show last', 'see what it did'] as const,
  ]
  for (const [command, what] of steps)
    output.line(
      `  ${output.paint('bold', command)}${what === '' ? '' : `${' '.repeat(28 - command.length)}${output.paint('dim', what)}`}`,
    )
  output.line()
  output.line('AGENTS.md has the language on one page; workflows/hello.yaml is the place to begin.')
  output.object({ folder: written.folder, files: written.files })
}

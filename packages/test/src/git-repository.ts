import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { writeFiles } from './write-files.ts'

const run = promisify(execFile)

/** Makes a git repository with so many files in a few commits: sources of several kinds, Markdown with links, a binary. */
export async function makeGitRepository(folder: string, files: number): Promise<void> {
  const git = (...args: readonly string[]) =>
    run('git', ['-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args])
  await git('init', '--quiet', '--initial-branch=main')
  const texts: { [path: string]: string } = {
    'README.md': '# It\n\nSee [the guide](docs/guide.md) and [nothing](docs/missing.md).\n',
    'docs/guide.md': '# Guide\n\nBack to [the readme](../README.md).\n',
    'logo.bin': '\u0000\u0001\u0002',
  }
  for (let i = 0; i < files - 3; i++) {
    const lines = Array.from({ length: (i % 17) + 1 }, (_, line) => `export const value${line} = ${i * line}`)
    texts[`src/part${i % 7}/file${i}.ts`] = `${lines.join('\n')}\n${i % 11 === 0 ? '// TODO: more\n' : ''}`
  }
  await writeFiles(folder, texts)
  await git('add', '.')
  await git('commit', '--quiet', '-m', 'All of it')
  for (let round = 0; round < 3; round++) {
    await writeFiles(folder, { 'src/part0/file0.ts': `export const round = ${round}\n`.repeat(40 + round) })
    await git('commit', '--quiet', '-am', `Round ${round}`)
  }
}

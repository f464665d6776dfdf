import { describe, expect, test } from 'vitest'
import type { ProjectFiles } from '../src/project-files.ts'

export type ProjectFilesHarness = {
  readonly files: ProjectFiles
  /** Writes a file of the project; folders are made. */
  readonly write: (path: string, text: string) => Promise<void>
  /** Makes a link at `path` to `target`, which may be absolute. */
  readonly link: (path: string, target: string) => Promise<void>
  /** A file with text outside of the project; its absolute path. */
  readonly outside: string
}

/** The guarantees of ProjectFiles. */
export function projectFilesConformance(driver: string, make: () => Promise<ProjectFilesHarness>): void {
  describe(`ProjectFiles of ${driver}`, () => {
    test('G2 find() gives regular files by pattern, sorted, each once', async () => {
      const { files, write } = await make()
      await write('b.md', 'b')
      await write('a/x.md', 'x')
      await write('a/deep/y.md', 'y')
      await write('a/z.txt', 'z')

      expect(await files.find(['**/*.md', 'a/*.md'])).toEqual(['a/deep/y.md', 'a/x.md', 'b.md'])
      expect(await files.find(['a'])).toEqual([])
      expect(await files.find(['nothing/*'])).toEqual([])
    })

    test('G2 find() leaves .wonder and .git out', async () => {
      const { files, write } = await make()
      await write('kept.txt', '')
      await write('.git/config', '')
      await write('sub/.wonder/state', '')

      expect(await files.find(['**', '.git/*', 'sub/.wonder/*'])).toEqual(['kept.txt'])
    })

    test('G1 a pattern that leads out is path_outside_project', async () => {
      const { files } = await make()

      for (const pattern of ['../*', '/etc/*', 'a/../../*']) {
        await expect(files.find([pattern])).rejects.toMatchObject({ code: 'path_outside_project' })
      }
    })

    test('G1 find() does not follow links out of the project', async () => {
      const { files, link, outside } = await make()
      await link('leak.txt', outside)
      await link('folder', outside.slice(0, outside.lastIndexOf('/')))
      const name = outside.slice(outside.lastIndexOf('/') + 1)

      expect(await files.find(['**', '*', 'leak.txt', `folder/${name}`, 'folder/*', 'folder/**'])).toEqual([])
    })

    test('G1 find() gives what links inside of the project lead to', async () => {
      const { files, write, link } = await make()
      await write('a/x.md', 'x')
      await link('b.md', 'a/x.md')
      await link('c', 'a')
      await link('nothing.md', 'a/nothing.md')
      await link('folder.md', 'a')

      expect(await files.find(['*.md', 'b.md', 'c/*.md'])).toEqual(['b.md', 'c/x.md'])
    })

    test('G1 open() of a path that leads out, also through a link, is path_outside_project', async () => {
      const { files, link, outside } = await make()
      await link('leak.txt', outside)

      for (const path of ['leak.txt', '../secret', outside]) {
        await expect(files.open(path)).rejects.toMatchObject({ code: 'path_outside_project' })
      }
    })

    test('open() gives the bytes of a file', async () => {
      const { files, write } = await make()
      await write('a/text.txt', 'Grüße')
      const decoder = new TextDecoder()
      let text = ''
      for await (const chunk of await files.open('a/text.txt')) text += decoder.decode(chunk, { stream: true })

      expect(text).toBe('Grüße')
    })

    test('open() of what is not there, or is a folder, is file_not_found', async () => {
      const { files, write } = await make()
      await write('a/text.txt', '')

      await expect(files.open('missing.txt')).rejects.toMatchObject({ code: 'file_not_found' })
      await expect(files.open('a')).rejects.toMatchObject({ code: 'file_not_found' })
    })
  })
}

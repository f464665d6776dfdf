import { tool } from '@wonder/sdk/tool'
import { languageOf } from './lib/language.ts'
import { brokenLinks } from './lib/links.ts'

const MARKERS = /\b(TODO|FIXME|XXX|HACK)\b/g

/** A file's text is looked at up to here; its size is always told. */
const MOST_BYTES = 4 * 1024 * 1024

export default tool({
  description: 'Size, language, longest line, unfinished-work markers and broken relative links of one file.',
  input: { repository: 'path', path: 'string' },
  output: {
    path: 'string',
    bytes: 'integer',
    language: 'string',
    lines: 'integer',
    longest_line: 'integer',
    markers: 'integer',
    broken_links: 'string[]',
  },
  permissions: { read: ['{{ input.repository }}'] },
  run: async ({ repository, path }, { log }) => {
    const nothing = { path, bytes: 0, language: 'none', lines: 0, longest_line: 0, markers: 0, broken_links: [] }
    const file = `${repository}/${path}`
    const info = await Deno.lstat(file).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return null
      throw error
    })
    // Tracked, and not there; or a link or a submodule, whose content belongs elsewhere.
    if (info === null || !info.isFile) return nothing
    const bytes = await Deno.readFile(file)
    if (bytes.subarray(0, 8000).includes(0)) return { ...nothing, bytes: bytes.length, language: 'binary' }
    if (bytes.length > MOST_BYTES) log.warn(`${path} is looked at up to 4 MB`)
    const text = new TextDecoder().decode(bytes.subarray(0, MOST_BYTES))
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    return {
      path,
      bytes: bytes.length,
      language: languageOf(path, lines[0] ?? ''),
      lines: lines.length,
      longest_line: lines.reduce((longest, line) => Math.max(longest, line.length), 0),
      markers: text.match(MARKERS)?.length ?? 0,
      broken_links: path.endsWith('.md') ? await brokenLinks(repository, path, text) : [],
    }
  },
})

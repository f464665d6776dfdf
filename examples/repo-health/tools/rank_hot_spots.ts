import { tool } from '@wonder/sdk/tool'

type Inspected = {
  path: string
  bytes: number
  language: string
  lines: number
  longest_line: number
  markers: number
  broken_links: string[]
}

/** What the history says of a file. */
type Past = { changes: number; authors: Set<string> }

export default tool({
  description: 'Ranks files that are large and change often, and sums up the rest.',
  input: { files: 'any', log: 'string', limit: 'integer' },
  output: {
    $schema: {
      type: 'object',
      required: ['score', 'totals', 'hot_spots', 'languages', 'longest_lines', 'markers', 'broken_links'],
      properties: {
        score: { type: 'integer', minimum: 0, maximum: 100 },
        totals: { type: 'object' },
        hot_spots: { type: 'array', items: { type: 'object' } },
        languages: { type: 'array', items: { type: 'object' } },
        longest_lines: { type: 'array', items: { type: 'object' } },
        markers: { type: 'array', items: { type: 'object' } },
        broken_links: { type: 'array', items: { type: 'object' } },
      },
    },
  },
  permissions: {},
  run: async ({ files, log, limit }) => {
    const inspected = (files as (Inspected | null)[]).filter((file) => file !== null)
    const { past, commits } = readLog(log)
    const texts = inspected.filter((file) => file.language !== 'binary' && file.language !== 'none')
    const risks = texts
      .map((file) => {
        const { changes = 0, authors } = past.get(file.path) ?? {}
        return { path: file.path, changes, lines: file.lines, authors: authors?.size ?? 0, risk: changes * file.lines }
      })
      .sort((a, b) => b.risk - a.risk || (a.path < b.path ? -1 : 1))
    const hotSpots = risks.filter(({ risk }) => risk > 0).slice(0, limit)
    const markers = texts.filter((file) => file.markers > 0).sort((a, b) => b.markers - a.markers || order(a, b))
    const brokenLinks = texts.flatMap((file) => file.broken_links.map((link) => ({ path: file.path, link })))
    return {
      score: score(risks, sum(markers, 'markers'), brokenLinks.length, texts.length),
      totals: {
        files: inspected.length,
        failed: (files as unknown[]).length - inspected.length,
        binary: inspected.length - texts.length,
        lines: sum(texts, 'lines'),
        bytes: sum(inspected, 'bytes'),
        markers: sum(markers, 'markers'),
        commits,
      },
      hot_spots: hotSpots,
      languages: languages(texts),
      longest_lines: [...texts]
        .sort((a, b) => b.longest_line - a.longest_line || order(a, b))
        .slice(0, 5)
        .map(({ path, longest_line }) => ({ path, length: longest_line })),
      markers: markers.slice(0, limit).map(({ path, markers: count }) => ({ path, count })),
      broken_links: brokenLinks,
    }
  },
})

function order(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : 1
}

function sum<K extends string>(rows: readonly Record<K, number>[], key: K): number {
  return rows.reduce((total, row) => total + row[key], 0)
}

/** `git log --numstat --format=%x01HASH%x09AUTHOR%x09TIME`: what each file went through. */
function readLog(log: string): { past: Map<string, Past>; commits: number } {
  const past = new Map<string, Past>()
  let author = ''
  let commits = 0
  for (const line of log.split('\n')) {
    if (line.startsWith('\u0001')) {
      commits += 1
      author = line.split('\t')[1] ?? ''
      continue
    }
    const [added, removed, name] = line.split('\t')
    if (added === undefined || removed === undefined || name === undefined) continue
    const path = renamed(name)
    const entry = past.get(path) ?? { changes: 0, authors: new Set<string>() }
    entry.changes += 1
    entry.authors.add(author)
    past.set(path, entry)
  }
  return { past, commits }
}

/** `a/{b => c}/d` and `a => b` name the file as it is now. */
function renamed(name: string): string {
  const braces = name.replace(/\{[^}]* => ([^}]*)\}/g, '$1').replaceAll('//', '/')
  return braces.includes(' => ') ? (braces.split(' => ')[1] ?? braces) : braces
}

function languages(files: readonly Inspected[]): { language: string; files: number; lines: number }[] {
  const rows = new Map<string, { language: string; files: number; lines: number }>()
  for (const { language, lines } of files) {
    const row = rows.get(language) ?? { language, files: 0, lines: 0 }
    row.files += 1
    row.lines += lines
    rows.set(language, row)
  }
  return [...rows.values()].sort((a, b) => b.lines - a.lines || (a.language < b.language ? -1 : 1))
}

/** 100, less what the risk's concentration, unfinished work and broken links cost. */
function score(risks: readonly { risk: number }[], markers: number, broken: number, files: number): number {
  const total = risks.reduce((all, { risk }) => all + risk, 0)
  const tenth = Math.max(1, Math.ceil(risks.length / 10))
  const share = total === 0 ? 0 : risks.slice(0, tenth).reduce((all, { risk }) => all + risk, 0) / total
  const unfinished = files === 0 ? 0 : Math.min(1, markers / files)
  const links = Math.min(1, broken / 20)
  return Math.max(0, Math.round(100 - (50 * Math.max(0, share - 0.3)) / 0.7 - 25 * unfinished - 25 * links))
}

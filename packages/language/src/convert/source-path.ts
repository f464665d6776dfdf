/** A path in an action of a Go template: its parts, and where it stands. */
export type SourcePath = {
  readonly start: number
  readonly end: number
  readonly parts: readonly string[]
  readonly root: boolean
}

const PATH = /(?<![\w)\].$"])(\$)?\.(?=[A-Za-z_])([\w-]+(?:\.[\w-]+)*)/g
const INDEX = /\(?\s*index\s+\$?\.([\w-]+(?:\.[\w-]+)*)((?:\s+(?:"[^"]*"|\d+))+)\s*\)?((?:\.[\w-]+)*)/g

/** The paths in an action, texts in quotes left out. `index .tasks "a-b" "output"` counts as the path that it walks. */
export function pathsIn(action: string): readonly SourcePath[] {
  const found: SourcePath[] = []
  for (const match of action.matchAll(INDEX)) {
    const [whole, base = '', keys = '', tail = ''] = match
    const inner = [...keys.matchAll(/"([^"]*)"|(\d+)/g)].map(([, text, number]) => text ?? number ?? '')
    const balanced = whole.startsWith('(') === /\)(?:\.|$)/.test(whole.replace(/\s+$/, ''))
    if (!balanced) continue
    const parts = [...base.split('.'), ...inner, ...tail.split('.').filter((part) => part !== '')]
    found.push({ start: match.index, end: match.index + whole.trimEnd().length, parts, root: whole.includes('$.') })
  }
  const blank = action.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, (text) => `"${'_'.repeat(text.length - 2)}"`)
  for (const match of blank.matchAll(PATH)) {
    const start = match.index
    if (found.some((other) => start >= other.start && start < other.end)) continue
    found.push({
      start,
      end: start + match[0].length,
      parts: (match[2] ?? '').split('.'),
      root: match[1] !== undefined,
    })
  }
  return found.sort((a, b) => a.start - b.start)
}

import { SourceError, WonderError } from '@wonder/errors'
import type { BuiltDocument } from '@wonder/platform'
import { BuiltPlaces } from './built-places.ts'
import type { Problems } from './problems.ts'
import type { ProjectSource } from './project.ts'
import type { SourceText } from './source-text.ts'
import type { Tree } from './tree.ts'

/** Is the document of this file made by TypeScript? */
export function isBuilt(file: SourceText): boolean {
  return file.path.endsWith('.ts')
}

/** Has a TypeScript file evaluated, and reads what it made. Undefined when it cannot be; what is wrong is in `problems`. */
export async function readBuilt(
  file: SourceText,
  source: ProjectSource,
  problems: Problems,
): Promise<Tree | undefined> {
  if (source.document === undefined) {
    const at = { file, span: { start: 0, end: 1 } }
    const message = 'workflows in TypeScript cannot be evaluated here'
    problems.add({ code: 'not_available_yet', message, at, help: 'Write it as YAML.' })
    return undefined
  }
  try {
    return builtTree(file, await source.document(file.path))
  } catch (thrown) {
    if (!(thrown instanceof WonderError)) throw thrown
    const place = thrown instanceof SourceError ? thrown.position : { line: 1, column: 1, length: 1 }
    const start = file.offsetOf(place.line, place.column)
    problems.add({
      code: thrown.code,
      message: thrown.message,
      at: { file, span: { start, end: start + place.length } },
    })
    return undefined
  }
}

/** The tree of a document, each part with the place in the TypeScript where it was written, as near as it is known. */
function builtTree(file: SourceText, { document, places }: BuiltDocument): Tree {
  const known = new BuiltPlaces(file.text, (pointer) => {
    const place = places[pointer]
    return place === undefined ? undefined : file.offsetOf(place.line, place.column)
  })
  const read = (value: BuiltDocument['document'], at: ReturnType<BuiltPlaces['root']>): Tree => {
    if (typeof value !== 'object' || value === null) {
      const { span, style } = known.scalar(at, value)
      return { kind: 'scalar', value, style, file, span }
    }
    const span = { start: at.start, end: at.start }
    if (Array.isArray(value)) {
      return { kind: 'list', items: value.map((item, index) => read(item, known.item(at, index))), file, span }
    }
    const entries = Object.entries(value).map(([key, inner]) => {
      const { keySpan, value: place } = known.entry(at, key)
      return { key, keySpan, value: read(inner, place) }
    })
    return { kind: 'map', entries, file, span }
  }
  return read(document, known.root())
}

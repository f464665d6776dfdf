import type { Block, Content, Partial, Program, RawBlock, Statement, Strip } from './syntax.ts'

/**
 * Takes away what Handlebars takes away: the whitespace beside a `~`, and the whole line of a block tag,
 * comment or partial that stands alone on it. The order of the steps is part of the language, for a line
 * between two tags belongs to both.
 */
export function stripWhitespace(program: Program): void {
  stripProgram(program, true)
}

type Sides = {
  readonly strip: Strip
  readonly alone: boolean
  readonly openAlone: boolean
  readonly closeAlone: boolean
}

function stripProgram(program: Program, root: boolean): void {
  const { body } = program
  for (const [index, statement] of body.entries()) {
    const sides = sidesOf(statement)
    if (sides === undefined) continue
    const before = endsLine(body, index, root)
    const after = beginsLine(body, index, root)
    if (sides.strip.close) trimStart(body[index + 1], true)
    if (sides.strip.open) trimEnd(body[index - 1], true)
    if (sides.alone && before && after) {
      trimStart(body[index + 1], false)
      const previous = body[index - 1]
      if (trimEnd(previous, false) && statement.kind === 'partial') statement.indent = indentOf(previous)
    }
    if (
      statement.kind !== 'block' &&
      statement.kind !== 'inline' &&
      statement.kind !== 'partial-block' &&
      statement.kind !== 'raw-block'
    )
      continue
    const [first, last] = programsOf(statement)
    if (sides.openAlone && before) {
      trimStart(first.body[0], false)
      trimEnd(body[index - 1], false)
    }
    if (sides.closeAlone && after) {
      trimStart(body[index + 1], false)
      trimEnd(last.body.at(-1), false)
    }
  }
}

function sidesOf(statement: Statement): Sides | undefined {
  switch (statement.kind) {
    case 'content':
      return undefined
    case 'mustache':
    case 'computed':
      return { strip: statement.strip, alone: false, openAlone: false, closeAlone: false }
    case 'comment':
    case 'partial':
      return { strip: statement.strip, alone: true, openAlone: false, closeAlone: false }
    case 'raw-block':
      return rawSides(statement)
    case 'block':
    case 'inline':
    case 'partial-block':
      return stripBlock(statement)
  }
}

function rawSides({ program }: RawBlock): Sides {
  const openAlone = beginsLine(program.body, -1, false)
  return {
    strip: { open: false, close: false },
    alone: false,
    openAlone,
    closeAlone: endsLine(program.body, program.body.length, false),
  }
}

/** The program after the opening tag, and the one before the closing tag. */
function programsOf(block: Block | RawBlock): [Program, Program] {
  const none: Program = { body: [], chained: false }
  if (block.kind === 'raw-block') return [block.program, block.program]
  return [block.program ?? block.inverse ?? none, block.inverse ?? block.program ?? none]
}

function stripBlock(block: Block): Sides {
  if (block.program) stripProgram(block.program, false)
  if (block.inverse) stripProgram(block.inverse, false)
  const [program] = programsOf(block)
  const inverse = block.program && block.inverse
  const first = inverse?.chained ? (chainedProgram(inverse, 0) ?? inverse) : inverse
  let last = inverse
  while (last?.chained) last = chainedProgram(last, last.body.length - 1)
  const before = first ?? program
  const sides = {
    strip: { open: block.openStrip.open, close: block.closeStrip.close },
    alone: false,
    openAlone: beginsLine(program.body, -1, false),
    closeAlone: endsLine(before.body, before.body.length, false),
  }
  if (block.openStrip.close) trimStart(program.body[0], true)
  if (first === undefined) {
    if (block.closeStrip.open) trimEnd(program.body.at(-1), true)
    return sides
  }
  if (block.inverseStrip.open) trimEnd(program.body.at(-1), true)
  if (block.inverseStrip.close) trimStart(first.body[0], true)
  if (block.closeStrip.open) trimEnd(last?.body.at(-1), true)
  if (endsLine(program.body, program.body.length, false) && beginsLine(first.body, -1, false)) {
    trimEnd(program.body.at(-1), false)
    trimStart(first.body[0], false)
  }
  return sides
}

function chainedProgram(program: Program, index: number): Program | undefined {
  const statement = program.body[index]
  return statement?.kind === 'block' ? statement.program : undefined
}

/** Is there nothing but whitespace between the last line break (or the template's start) and the statement at `index`? */
function endsLine(body: readonly Statement[], index: number, root: boolean): boolean {
  const previous = body[index - 1]
  if (previous === undefined) return root
  if (previous.kind !== 'content') return false
  const whole = root && body[index - 2] === undefined
  const rest = previous.original.trimEnd()
  return previous.original.slice(rest.length).includes('\n') || (whole && rest === '')
}

function beginsLine(body: readonly Statement[], index: number, root: boolean): boolean {
  const next = body[index + 1]
  if (next === undefined) return root
  if (next.kind !== 'content') return false
  const whole = root && body[index + 2] === undefined
  const space = next.original.slice(0, next.original.length - next.original.trimStart().length)
  return space.includes('\n') || (whole && space === next.original)
}

function trimStart(statement: Statement | undefined, all: boolean): void {
  if (statement?.kind !== 'content' || (!all && statement.strippedRight)) return
  const before = statement.value
  statement.value = all ? before.trimStart() : before.replace(/^[ \t]*\r?\n?/, '')
  statement.strippedRight = statement.value !== before
}

function trimEnd(statement: Statement | undefined, all: boolean): boolean {
  if (statement?.kind !== 'content' || (!all && statement.strippedLeft)) return false
  const before = statement.value
  let end = before.length
  while (!all && end > 0 && (before[end - 1] === ' ' || before[end - 1] === '\t')) end -= 1
  statement.value = all ? before.trimEnd() : before.slice(0, end)
  statement.strippedLeft = statement.value !== before
  return statement.strippedLeft
}

function indentOf(content: Content | Partial | Statement | undefined): string {
  return content?.kind === 'content' ? (/[ \t]*$/.exec(content.original.slice(-1000))?.[0] ?? '') : ''
}

import { dirname, relative, resolve } from 'node:path'
import ts from 'typescript'

/** One thing that keeps packages and services from running everywhere, as `file:line:column  message`. */
export type PortabilityProblem = string

const root = resolve(import.meta.dirname, '..')
const configFile = resolve(root, 'tsconfig.portable.json')

/**
 * Compiles packages and services against ES2024 and scripts/portable.d.ts alone, and looks for what these cannot hide
 * because it is part of the language: the clock in `Date`, `Math.random`, and code made from text.
 *
 * @param sources Absolute path to text: checked instead of the repository's files.
 */
export function portabilityProblems(sources?: ReadonlyMap<string, string>): PortabilityProblem[] {
  const { fileNames, options } = readConfig()
  const host = ts.createCompilerHost(options)
  if (sources !== undefined) serve(host, sources)
  const names = sources === undefined ? fileNames : [resolve(root, 'scripts/portable.d.ts'), ...sources.keys()]
  const program = ts.createProgram(names, options, host)
  const checker = program.getTypeChecker()

  const problems = ts.getPreEmitDiagnostics(program).map(describe)
  for (const file of program.getSourceFiles()) {
    if (file.fileName.includes('/@types/node/')) return [`${file.fileName}  a library brings the types of Node with it`]
    if (file.isDeclarationFile || file.fileName.includes('/node_modules/')) continue
    problems.push(...ambientUses(file, checker))
  }
  return problems
}

function readConfig(): ts.ParsedCommandLine {
  const { config, error } = ts.readConfigFile(configFile, ts.sys.readFile)
  if (error !== undefined) throw new Error(describe(error))
  return ts.parseJsonConfigFileContent(config, ts.sys, dirname(configFile), undefined, configFile)
}

function serve(host: ts.CompilerHost, sources: ReadonlyMap<string, string>): void {
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (name) => sources.has(name) || fileExists(name)
  host.readFile = (name) => sources.get(name) ?? readFile(name)
  host.getSourceFile = (name, version, ...rest) => {
    const text = sources.get(name)
    return text === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version, true)
  }
}

const messages = {
  Date: 'time comes through the Clock port; of Date only `new Date(value)`, `Date.parse`, `Date.UTC` and types are portable',
  Math: 'randomness comes through the Random port; Math may be used only by the names of its other members',
  Function: 'Workers forbid code that is made from text',
  eval: 'Workers forbid code that is made from text',
  globalThis: 'a global is used by its own name, so that this check sees it',
} as const

/** Each use of a global that reads the outside or makes code from text. */
function* ambientUses(file: ts.SourceFile, checker: ts.TypeChecker): Generator<PortabilityProblem> {
  for (const node of descendants(file)) {
    if (!ts.isIdentifier(node) || !isGuarded(node.text) || isMemberName(node) || ts.isPartOfTypeNode(node)) continue
    if (!isGlobal(checker.getSymbolAtLocation(node)) || isAllowed(node)) continue
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file))
    yield `${place(file.fileName, line, character)}  ${messages[node.text]}`
  }
}

function* descendants(node: ts.Node): Generator<ts.Node> {
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => {
    children.push(child)
  })
  for (const child of children) {
    yield child
    yield* descendants(child)
  }
}

function isGuarded(name: string): name is keyof typeof messages {
  return Object.hasOwn(messages, name)
}

/** `x.Date` and `{ Date: 1 }` name a member, not the global. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  return ts.isPropertyAssignment(parent) && parent.name === node
}

function isGlobal(symbol: ts.Symbol | undefined): boolean {
  const declarations = symbol?.declarations ?? []
  return declarations.every((declaration) => declaration.getSourceFile().isDeclarationFile)
}

function isAllowed(node: ts.Identifier): boolean {
  const { parent } = node
  const member = ts.isPropertyAccessExpression(parent) ? parent.name.text : undefined
  if (isInstanceofOperand(node)) return true
  if (node.text === 'Date') {
    if (ts.isNewExpression(parent) && parent.expression === node) return (parent.arguments?.length ?? 0) > 0
    return member === 'parse' || member === 'UTC' || member === 'prototype'
  }
  if (node.text === 'Math') return member !== undefined && member !== 'random'
  return false
}

function isInstanceofOperand(node: ts.Identifier): boolean {
  const { parent } = node
  return (
    ts.isBinaryExpression(parent) &&
    parent.right === node &&
    parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
  )
}

function describe(diagnostic: ts.Diagnostic): PortabilityProblem {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
  if (diagnostic.file === undefined || diagnostic.start === undefined) return message
  const { line, character } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
  return `${place(diagnostic.file.fileName, line, character)}  ${message}`
}

function place(file: string, line: number, character: number): string {
  return `${relative(root, file)}:${line + 1}:${character + 1}`
}

if (import.meta.main) {
  const problems = portabilityProblems()
  for (const problem of problems) console.log(problem)
  if (problems.length > 0) process.exitCode = 1
}

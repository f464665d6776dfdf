import type { Definition, ToolDef } from '@wonder/engine'
import type { ToolBundle } from '@wonder/platform'
import { checkOwnTurn } from './check-own-turn.ts'
import type { FormCheck } from './check-tasks.ts'
import { DefinitionBuilder } from './definition-builder.ts'
import { Flow } from './flow.ts'
import { GraphCompiler } from './graph-compiler.ts'
import { object } from './known-schemas.ts'
import type { Library } from './library.ts'
import { ListCompiler } from './list-compiler.ts'
import type { Place } from './place.ts'
import type { Problems } from './problems.ts'
import type { CompiledWorkflow } from './project.ts'
import { readFields } from './read-fields.ts'
import { readGraph } from './read-graph.ts'
import type { ProjectFile } from './read-project.ts'
import { envOf, plainValues } from './read-project.ts'
import { runLimits } from './run-limits.ts'
import type { Scope } from './scope.ts'
import type { SourceText } from './source-text.ts'
import { readTasks, type Task } from './task.ts'
import { TaskNames } from './task-names.ts'
import type { TextReader } from './text-reader.ts'
import { child, entryOf, type MapTree, type Tree, textOf, textsOf } from './tree.ts'
import { UseCompiler } from './use-compiler.ts'
import { ValueCompiler } from './value-compiler.ts'
import { WorkCompiler } from './work-compiler.ts'
import type { WorkContext } from './work-context.ts'
import type { WorkflowLibrary } from './workflow-library.ts'

export type WorkflowFile = { readonly file: SourceText; readonly tree: MapTree; readonly id: string }

export type CompileContext = {
  readonly project: ProjectFile
  readonly library: Library
  readonly problems: Problems
  readonly form: FormCheck
  readonly texts: TextReader
  readonly workflows: WorkflowLibrary
}

/** Compiles one workflow. What is wrong is in `problems`; the result is meant for a run only when nothing is. */
export function compileWorkflow({ file, tree, id }: WorkflowFile, context: CompileContext): CompiledWorkflow {
  const { project, library, problems, form, texts, workflows } = context
  const builder = new DefinitionBuilder()
  const values = new ValueCompiler({ problems, builder, texts })
  const usedTools = new Set<string>()
  const defaults = [child(tree, 'defaults'), child(project.tree, 'defaults')]
  const shellCwd = defaults.map((each) => textOf(child(child(each, 'shell'), 'cwd'))).find((cwd) => cwd !== undefined)
  const work: WorkContext = { problems, builder, values, library, hosts: project.hosts, usedTools, shellCwd }
  const input = readFields(child(tree, 'input'), problems)
  const state = readFields(child(tree, 'state'), problems)
  for (const { name, required } of state.fields) if (required) noStart(name, child(tree, 'state'), problems)
  plainValues(child(tree, 'env'), problems)
  const env = { ...project.env, ...envOf(child(tree, 'env')) }
  const names = new TaskNames(id)
  const nodes = entryOf(tree, 'nodes')
  checkForms(tree, problems)
  const tasks = readTasks(nodes?.value ?? child(tree, 'tasks'), form)
  const onError = readTasks(child(tree, 'on_error'), form)
  const last = readTasks(child(tree, 'finally'), form)
  for (const list of [tasks, onError, last]) names.add(list, problems)
  const flow = new Flow()
  const scope: Scope = {
    owner: `workflow "${id}"`,
    input: input.schema,
    state: child(tree, 'state') === undefined ? undefined : state.schema,
    env: project.envFile === undefined ? new Set(Object.keys(env)) : undefined,
    secrets: project.secrets,
    items: new Map(),
    error: false,
    tasks: { names, flow, asked: new Set(), ifs: new Set() },
  }
  const lists = new ListCompiler({
    problems,
    builder,
    values,
    work: new WorkCompiler(work),
    uses: new UseCompiler(work),
    names,
    workflows,
    defaults,
  })
  const blocks = textOf(child(tree, 'on_error')) === 'block'
  const around: Place = { scope, flow, exit: undefined, branch: undefined, error: undefined }
  const place: Place = { ...around, blocks }
  const graph = nodes === undefined ? undefined : readGraph({ tree, tasks, names, problems })
  const main = graph === undefined ? compileList(lists, tasks, place) : new GraphCompiler(lists).compile(graph, place)
  const ends = [...lists.ends]
  const anywhere = maybe(names, main.inside)
  const hidden = main.hidden === undefined ? {} : { hidden: main.hidden }
  const after: Scope = { ...scope, tasks: { names, flow, asked: new Set(), ifs: new Set(), ...hidden } }
  const handler = lists.compile(onError, {
    ...around,
    scope: { ...after, error: true },
    flow: anywhere.fork(),
    error: '$run',
  })
  const final = lists.compile(last, { ...around, scope: after, flow: anywhere.fork() })
  const outputs = child(tree, 'outputs')
  const outputScope: Scope = {
    ...scope,
    noSecrets: 'the outputs are stored with the run',
    lenient: true,
    tasks: {
      names,
      flow: endOf(main.shown, [...main.ends, ...ends]),
      asked: new Set(),
      ifs: new Set(),
      ...hidden,
    },
  }
  const computed = outputs === undefined ? undefined : values.value(outputs, outputScope)
  const name = textOf(child(tree, 'name'))
  const description = textOf(child(tree, 'description'))
  const about = { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) }
  const bundles: ToolBundle[] = []
  Object.assign(builder.tools, toolsOf(usedTools, library, bundles))
  const definition: Definition = builder.finish({
    project: project.name,
    workflow: id,
    ...about,
    input: input.schema,
    state: { schema: state.schema, initial: state.defaults },
    start: main.entry ?? '',
    ...(computed === undefined ? {} : { outputs: computed.expr }),
    ...(handler.entry === undefined ? {} : { onError: handler.entry }),
    ...(final.entry === undefined ? {} : { finally: final.entry }),
    ...runLimits(tree, { id, scope, values, problems }),
    ...(Object.keys(project.settings.budget).some((name) => name !== 'warn_at')
      ? { projectBudget: project.settings.budget }
      : {}),
    network: project.hosts === undefined ? {} : { allow: project.hosts },
    outline: [...main.outline, ...handler.outline, ...final.outline],
  })
  checkOwnTurn(definition, { names, workflows, problems })
  const starts = [...builder.workflows.keys()].flatMap((child) => workflows.compiled(child) ?? [])
  return {
    id,
    ...about,
    file: file.path,
    inputs: input.fields,
    env,
    definition,
    bundles,
    workflows: [...new Set(starts.flatMap((child) => [...child.workflows, child]))],
    output: computed === undefined ? object({}) : (computed.schema ?? true),
  }
}

/** What has run when the run has ended, in one of several places. */
function endOf(tasks: readonly { readonly id: string }[], ends: readonly Flow[]): Flow {
  const flow = new Flow()
  for (const { id } of tasks) {
    const ways = ends.map((end) => end.of(id))
    if (ways.every((way) => way === undefined)) continue
    const doubt = ways.find((way) => way !== undefined && way !== 'done')
    flow.add(id, ways.includes(undefined) ? 'jump' : (doubt ?? 'done'))
  }
  return flow
}

/** Every state has a value at the start, or may be missing. */
function noStart(name: string, state: Tree | undefined, problems: Problems): void {
  const entry = entryOf(state, name)
  if (entry === undefined) return
  const type = textOf(entry.value)
  problems.add({
    code: 'invalid_type',
    message: `the state "${name}" needs a value at the start`,
    at: entry.value,
    help:
      type === undefined
        ? 'Give its schema a default.'
        : `Write ${name}: ${type} = …, or ${name}: ${type}? when it may be missing.`,
  })
}

/** Finds the mistakes of reusable tasks, also of those that no workflow uses. */
export function checkReusables({ project, library, problems, texts }: Omit<CompileContext, 'workflows'>): void {
  const builder = new DefinitionBuilder()
  const values = new ValueCompiler({ problems, builder, texts })
  const uses = new UseCompiler({
    problems,
    builder,
    values,
    library,
    hosts: project.hosts,
    usedTools: new Set(),
    shellCwd: undefined,
  })
  const env = project.envFile === undefined ? new Set(Object.keys(project.env)) : undefined
  for (const reusable of new Set(library.reusables.values())) {
    if (!reusable.broken) uses.reusable(reusable, { env, secrets: project.secrets }, [])
  }
}

/** For error lists and `finally`: any task may have run. */
function maybe(names: TaskNames, inside: ReadonlySet<string>): Flow {
  const flow = new Flow()
  for (const id of names.ids()) if (names.get(id)?.group === undefined && !inside.has(id)) flow.add(id, 'jump')
  return flow
}

function compileList(lists: ListCompiler, tasks: readonly Task[], place: Place) {
  const { entry, outline, flow } = lists.compile(tasks, place)
  return {
    entry,
    outline,
    shown: tasks,
    inside: new Set<string>(),
    hidden: undefined,
    ends: flow === undefined ? [] : [flow],
  }
}

/** A workflow is a list of tasks or a graph of nodes. */
function checkForms(tree: MapTree, problems: Problems): void {
  const [list, nodes] = [entryOf(tree, 'tasks'), entryOf(tree, 'nodes')]
  if (list !== undefined && nodes !== undefined) {
    problems.add({
      code: 'field_not_here',
      message: 'a workflow has "tasks", done in their order, or "nodes" with "transitions", not both',
      at: { file: tree.file, span: (list.keySpan.start < nodes.keySpan.start ? nodes : list).keySpan },
      help: 'Keep one; a node may be a list: sequence: [tasks].',
    })
  }
  if (nodes !== undefined) return
  for (const key of ['transitions', 'start']) {
    const entry = entryOf(tree, key)
    if (entry === undefined) continue
    problems.add({
      code: 'field_not_here',
      message: `"${key}" belongs to a graph, and this workflow has no "nodes"`,
      at: { file: tree.file, span: entry.keySpan },
      help: list === undefined ? 'Add nodes: a list of tasks.' : 'Write nodes instead of tasks.',
    })
  }
}

function toolsOf(
  names: ReadonlySet<string>,
  library: Library,
  bundles: ToolBundle[],
): { readonly [name: string]: ToolDef } {
  const tools: Record<string, ToolDef> = {}
  for (const name of [...names].sort()) {
    const tool = library.tools.get(name)
    if (tool?.known === undefined) continue
    const { bundle, input, output } = tool.known
    tools[name] = { file: tool.file, bundle: bundle.digest, input, output, permissions: bundle.description.permissions }
    bundles.push(bundle)
  }
  return tools
}

export type Needs = {
  readonly tools: Set<string>
  readonly files: Set<string>
  readonly uses: Set<string>
  readonly workflows: Set<string>
}

/** Names of what a workflow needs of the project, before it is compiled. */
export function needsOf(tree: Tree | undefined, needs: Needs): void {
  if (tree === undefined || tree.kind === 'scalar') return
  if (tree.kind === 'list') {
    for (const item of tree.items) needsOf(item, needs)
    return
  }
  for (const { key, value } of tree.entries) {
    const text = textOf(value)
    if (text === undefined) needsOf(value, needs)
    else if (key === 'tool') needs.tools.add(text)
    else if (key === 'render' && text.endsWith('.hbs')) needs.files.add(text.replace(/^\.\//, ''))
    else if (key === 'workflow') needs.workflows.add(text)
    else if (key === 'use') needs.uses.add(text.replace(/^\.\//, ''))
  }
}

export function globsOf(tree: Tree | undefined, byDefault: readonly string[]): readonly string[] {
  return tree === undefined ? byDefault : textsOf(tree)
}

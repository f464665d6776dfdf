import { nearest } from '@wonder/errors'
import { FormCheck } from './check-tasks.ts'
import type { Library, Reusable } from './library.ts'
import { Problems } from './problems.ts'
import type { CompiledWorkflow, Loaded, LoadOptions, ProjectSource } from './project.ts'
import { isBuilt, readBuilt } from './read-built.ts'
import { readFields } from './read-fields.ts'
import { type ProjectFile, readProject, unreadProject } from './read-project.ts'
import { readYaml } from './read-yaml.ts'
import { reusableShape } from './shapes/reusable-shape.ts'
import { workflowShape } from './shapes/workflow-shape.ts'
import { SourceText } from './source-text.ts'
import { TextReader } from './text-reader.ts'
import { ToolLibrary } from './tool-library.ts'
import { child, describeTree, type MapTree, type Tree, textOf } from './tree.ts'
import {
  checkReusables,
  compileWorkflow,
  globsOf,
  type Needs,
  needsOf,
  type WorkflowFile,
} from './workflow-compiler.ts'
import { WorkflowLibrary } from './workflow-library.ts'

const PROJECT_FILE = 'wonder.yaml'

/**
 * Reads and compiles a project. All that is wrong with all of its files comes back at once, sorted by file and place;
 * warnings alone do not stop it.
 *
 * @example
 * const loaded = await loadProject(source, { workflow: 'health' })
 * if (loaded.ok) loaded.project.workflows.get('health')?.definition
 */
export async function loadProject(source: ProjectSource, options: LoadOptions = {}): Promise<Loaded> {
  const problems = new Problems()
  const text = await source.read(PROJECT_FILE)
  if (text === null) {
    const at = { file: new SourceText(PROJECT_FILE, ''), span: { start: 0, end: 1 } }
    const help = 'Run this where wonder.yaml is, or make a project with `wonder init`.'
    problems.add({ code: 'project_not_found', message: 'there is no wonder.yaml in this folder', at, help })
    return { ok: false, diagnostics: problems.all() }
  }
  const project = readProject(new SourceText(PROJECT_FILE, text), options.environment, problems)
  if (project === undefined) {
    // What the other files do wrong is told all the same, but for what only wonder.yaml could say.
    const others = new Problems()
    await new Loader(source, unreadProject(new SourceText(PROJECT_FILE, text)), others).load(options.workflow)
    problems.take(others, ['unknown_secret', 'unknown_workflow', 'unknown_environment'])
    return { ok: false, diagnostics: problems.all() }
  }
  const workflows = await new Loader(source, project, problems).load(options.workflow)
  if (problems.errors > 0) return { ok: false, diagnostics: problems.all() }
  const description = textOf(child(project.tree, 'description'))
  const { name, version, environments, secrets, env, envFile, settings } = project
  return {
    ok: true,
    project: {
      name,
      version,
      ...(description === undefined ? {} : { description }),
      environments,
      secrets,
      env,
      ...(envFile === undefined ? {} : { envFile }),
      warnings: problems.all(),
      settings,
      workflows,
    },
  }
}

class Loader {
  readonly #source: ProjectSource
  readonly #project: ProjectFile
  readonly #problems: Problems
  readonly #form: FormCheck
  readonly #workflows = new Map<string, WorkflowFile>()
  readonly #seen = new Set<SourceText>()

  constructor(source: ProjectSource, project: ProjectFile, problems: Problems) {
    this.#source = source
    this.#project = project
    this.#problems = problems
    this.#form = new FormCheck(problems)
  }

  async load(only: string | undefined): Promise<ReadonlyMap<string, CompiledWorkflow>> {
    const globs = (key: string, byDefault: readonly string[]) => globsOf(child(this.#project.tree, key), byDefault)
    const [workflowPaths, taskPaths, toolPaths] = await Promise.all([
      this.#source.find(globs('workflows', ['workflows/**/*.yaml', 'workflows/**/*.ts'])),
      this.#source.find(globs('tasks', ['tasks/**/*.yaml'])),
      this.#source.find(globs('tools', ['tools/**/*.ts'])),
    ])
    const files = await this.#texts(workflowPaths.filter((path) => !/\.(test|spec|d)\.ts$/.test(path)))
    const needs: Needs = { tools: new Set(), files: new Set(), uses: new Set(), workflows: new Set() }
    const workflows = only === undefined ? await this.#all(files, needs) : await this.#wanted(files, only, needs)
    const missing = only !== undefined && workflows.size === 0 && this.#problems.errors === 0
    if (missing) this.#unknownWorkflow(only, files)
    const taskFiles = await this.#texts(taskPaths)
    const wanted = taskFiles.filter(
      (file) => only === undefined || needs.uses.has(file.path) || needs.uses.has(idIn(file) ?? ''),
    )
    const reusables = this.#reusables(wanted)
    for (const { tree } of new Set(reusables.values())) needsOf(tree, needs)
    const describer = new ToolLibrary(this.#source, this.#project.hosts, this.#problems)
    const tools = await describer.describe(toolPaths, needs.tools, only === undefined)
    const templates = await this.#templates(needs)
    const templatePaths = await this.#templatePaths(templates)
    const reusableNames = taskFiles.flatMap((file) => [file.path, idIn(file) ?? file.path])
    const library: Library = { tools, templates, templatePaths, reusables, reusableNames }
    const texts = new TextReader()
    const context = { project: this.#project, library, problems: this.#problems, form: this.#form, texts }
    if (only === undefined) checkReusables(context)
    const names = [...new Set([...workflows.keys(), ...files.flatMap((file) => idIn(file) ?? [])])]
    const compiled = new WorkflowLibrary(names, this.#problems, (id, children) => {
      const workflow = workflows.get(id)
      return workflow === undefined ? undefined : compileWorkflow(workflow, { ...context, workflows: children })
    })
    const made = [...workflows.keys()].flatMap((id) => compiled.compiled(id) ?? [])
    return new Map(made.map((workflow) => [workflow.id, workflow]))
  }

  async #all(files: readonly SourceText[], needs: Needs): Promise<ReadonlyMap<string, WorkflowFile>> {
    await this.#readWorkflows(files)
    for (const { tree } of this.#workflows.values()) needsOf(tree, needs)
    return this.#workflows
  }

  /** One workflow, and those that it starts. */
  async #wanted(files: readonly SourceText[], only: string, needs: Needs): Promise<ReadonlyMap<string, WorkflowFile>> {
    const wanted = new Map<string, WorkflowFile>()
    needs.workflows.add(only)
    // The set grows while it is gone through.
    for (const id of needs.workflows) {
      await this.#readWorkflows(this.#holding(files, id))
      const found = this.#workflows.get(id)
      if (found === undefined) continue
      wanted.set(id, found)
      needsOf(found.tree, needs)
    }
    return wanted
  }

  async #texts(paths: readonly string[]): Promise<readonly SourceText[]> {
    const texts = await Promise.all(paths.map((path) => this.#source.read(path)))
    return texts.flatMap((text, index) => (text === null ? [] : [new SourceText(paths[index] ?? '', text)]))
  }

  /** Files that may hold the one workflow that is wanted, told without parsing them all. */
  #holding(files: readonly SourceText[], id: string): readonly SourceText[] {
    const sure = files.filter((file) => idIn(file) === id)
    return sure.length > 0 ? sure : files.filter((file) => idIn(file) === undefined)
  }

  #unknownWorkflow(id: string, files: readonly SourceText[]): void {
    const known = files.flatMap((file) => idIn(file) ?? [])
    const near = nearest(id, known)
    const list = known.length === 0 ? 'It has none.' : `It has ${known.join(', ')}.`
    this.#problems.add({
      code: 'unknown_workflow',
      message: `the project has no workflow "${id}"`,
      at: { file: this.#project.file, span: { start: 0, end: 1 } },
      help: near === undefined ? list : `Did you mean "${near}"?`,
    })
  }

  /** Takes in the workflows of files, each file once. */
  async #readWorkflows(files: readonly SourceText[]): Promise<void> {
    const fresh = files.filter((file) => !this.#seen.has(file))
    const trees = await Promise.all(fresh.map((file) => this.#read(file)))
    for (const [index, file] of fresh.entries()) {
      this.#seen.add(file)
      const tree = trees[index]
      if (tree === undefined || !this.#isWorkflow(tree)) continue
      this.#form.check(tree, workflowShape)
      const id = textOf(child(tree, 'id'))
      if (tree.kind !== 'map' || id === undefined) continue
      const first = this.#workflows.get(id)
      if (first === undefined) this.#workflows.set(id, { file, tree, id })
      else this.#duplicate('workflow', id, child(tree, 'id') ?? tree, first.file.path)
    }
  }

  #read(file: SourceText): Tree | undefined | Promise<Tree | undefined> {
    return isBuilt(file) ? readBuilt(file, this.#source, this.#problems) : readYaml(file, this.#problems)
  }

  #isWorkflow(tree: Tree): boolean {
    if (tree.kind === 'map' && tree.entries.length > 0) return true
    const at = { file: tree.file, span: { start: tree.span.start, end: tree.span.start + 1 } }
    const message =
      tree.kind === 'map' ? 'this file is empty' : `a workflow must be a map, and this is ${describeTree(tree)}`
    this.#problems.add({ code: 'wrong_type', message, at, help: 'Begin with id: … and tasks: ….' })
    return false
  }

  #duplicate(what: string, id: string, tree: Tree, first: string): void {
    const message = `the id "${id}" is taken by the ${what} in ${first}`
    this.#problems.add({ code: 'duplicate_id', message, at: tree, help: `Every ${what} has an id of its own.` })
  }

  #reusables(files: readonly SourceText[]): ReadonlyMap<string, Reusable> {
    const found = new Map<string, Reusable>()
    for (const file of files) {
      const tree = readYaml(file, this.#problems)
      const sound = tree !== undefined && this.#form.check(tree, reusableShape)
      const id = textOf(child(tree, 'id'))
      const map: MapTree = tree?.kind === 'map' ? tree : { kind: 'map', entries: [], file, span: { start: 0, end: 0 } }
      const input = child(map, 'input')
      const output = child(map, 'output')
      const steps = child(map, 'steps')
      const broken = !sound || (steps?.kind === 'list' && steps.items.some((step) => this.#form.isBroken(step)))
      const reusable: Reusable = {
        id: id ?? file.path,
        file,
        tree: map,
        input: input === undefined ? undefined : readFields(input, this.#problems).schema,
        output: output === undefined ? undefined : readFields(output, this.#problems).schema,
        broken,
      }
      found.set(file.path, reusable)
      const first = id === undefined ? undefined : found.get(id)
      if (first !== undefined) this.#duplicate('reusable task', id ?? '', child(map, 'id') ?? map, first.file.path)
      else if (id !== undefined) found.set(id, reusable)
    }
    return found
  }

  async #templates(needs: Needs): Promise<ReadonlyMap<string, SourceText | null>> {
    const read = async (path: string) => {
      const text = await this.#source.read(path)
      return [path, text === null ? null : new SourceText(path, text)] as const
    }
    return new Map(await Promise.all([...needs.files].map(read)))
  }

  /** Names to suggest, looked up only when a file is missing. */
  async #templatePaths(templates: ReadonlyMap<string, SourceText | null>): Promise<readonly string[]> {
    const missing = [...templates.values()].some((file) => file === null)
    return missing ? this.#source.find(['**/*.hbs']) : []
  }
}

/** The id that a file seems to have, without parsing it. */
function idIn(file: SourceText): string | undefined {
  if (isBuilt(file)) return /\bworkflow\(\s*\{\s*id:\s*["']([\w-]+)/.exec(file.text)?.[1]
  return /^["']?id["']?:\s*["']?([\w-]+)/m.exec(file.text)?.[1]
}

import { Problems } from '../problems.ts'
import { SourceText } from '../source-text.ts'
import { child, itemsOf, type MapTree, type Tree, textOf } from '../tree.ts'
import { AgentRegistry } from './agent-registry.ts'
import { Components } from './components.ts'
import type { Conversion, ForeignFiles } from './conversion.ts'
import { ProjectWriter } from './project-writer.ts'
import { Remarks } from './remarks.ts'
import { reportPage } from './report-page.ts'
import { resolveSchema } from './resolve-schema.ts'
import { SourceFiles } from './source-files.ts'
import { TaskReader } from './source-task.ts'
import { readPermissions } from './tool-permissions.ts'
import { ToolRegistry } from './tool-registry.ts'
import { ToolSources } from './tool-sources.ts'
import { writeTool } from './tool-writer.ts'
import { convertWorkflow, plainEnv, type SourceWorkflow } from './workflow-converter.ts'

const PROJECT_FILE = 'compozy.yaml'

/**
 * Rewrites a project of Compozy as one of Wonder. Nothing is read but what `files` gives, and nothing is written: the
 * texts of the new project come back, with remarks on what changed and what a person must decide. Mistakes in the
 * source come back as diagnostics, all at once; then there are no files.
 *
 * @example
 * const conversion = await convertCompozy({ read, find })
 * if (conversion.ok) for (const [path, text] of conversion.files) await write(path, text)
 */
export async function convertCompozy(files: ForeignFiles): Promise<Conversion> {
  const problems = new Problems()
  const source = new SourceFiles(files, problems)
  const text = await source.text(PROJECT_FILE)
  if (text === null) {
    const at = { file: new SourceText(PROJECT_FILE, ''), span: { start: 0, end: 1 } }
    const help = 'Name the folder in which compozy.yaml is.'
    problems.add({ code: 'source_file_missing', message: 'there is no compozy.yaml in this folder', at, help })
    return { ok: false, diagnostics: problems.all() }
  }
  const project = await source.optional(PROJECT_FILE)
  return project === undefined
    ? { ok: false, diagnostics: problems.all() }
    : new ProjectConverter(source, project).convert()
}

class ProjectConverter {
  readonly #files: SourceFiles
  readonly #project: MapTree
  readonly #components: Components
  readonly #remarks = new Remarks()
  readonly #tools = new ToolRegistry()
  readonly #agents = new AgentRegistry(this.#tools, this.#remarks)

  constructor(files: SourceFiles, project: MapTree) {
    this.#files = files
    this.#project = project
    this.#components = new Components(files)
  }

  async convert(): Promise<Conversion> {
    const { problems } = this.#files
    await this.#autoload()
    await this.#components.define(this.#project)
    const secrets = new Set<string>()
    const env = plainEnv(child(this.#project, 'env'), this.#remarks)
    const written = new Map<string, string>()
    const all = [this.#remarks]
    const workflows = await this.#workflows()
    for (const workflow of workflows) {
      const around = { tools: this.#tools, agents: this.#agents, problems, env, secrets }
      const { text, remarks } = convertWorkflow(workflow, around)
      written.set(`workflows/${/^id: (.*)$/m.exec(text)?.[1] ?? workflow.id}.yaml`, text)
      all.push(remarks)
    }
    for (const [path, text] of this.#agents.files()) written.set(path, text)
    await this.#writeTools(written)
    const project = new ProjectWriter(this.#project, this.#remarks)
    written.set('wonder.yaml', project.write(secrets))
    if (problems.errors > 0) return { ok: false, diagnostics: problems.all() }
    const merged = new Remarks()
    for (const each of all) merged.take(each)
    const remarks = merged.all()
    written.set('CONVERSION.md', reportPage(textOf(child(this.#project, 'name')) ?? 'the project', remarks))
    const names = (folder: string) =>
      [...written.keys()]
        .flatMap((path) => new RegExp(`^${folder}/([^/]+)\\.(?:yaml|ts)$`).exec(path)?.[1] ?? [])
        .sort()
    return {
      ok: true,
      files: new Map([...written].sort(([a], [b]) => (a < b ? -1 : 1))),
      remarks,
      workflows: names('workflows'),
      tools: names('tools'),
      agents: names('agents'),
    }
  }

  async #writeTools(written: Map<string, string>): Promise<void> {
    const runtime = child(this.#project, 'runtime')
    const sources = new ToolSources(this.#files, this.#remarks)
    const permissions = await readPermissions(runtime, this.#files)
    const around = {
      files: this.#files,
      sources,
      remarks: this.#remarks,
      components: this.#components,
      permissions,
      entrypoint: child(runtime, 'entrypoint'),
    }
    for (const tool of this.#tools.all()) written.set(`tools/${tool.name}.ts`, await writeTool(tool, around))
    for (const [path, text] of sources.copies) written.set(path, text)
  }

  async #workflows(): Promise<readonly SourceWorkflow[]> {
    const found: SourceWorkflow[] = []
    for (const item of itemsOf(child(this.#project, 'workflows'))) {
      const source = child(item, 'source')
      const tree = source === undefined ? (item.kind === 'map' ? item : undefined) : await this.#files.named(source)
      if (tree !== undefined) found.push(...(await this.#workflow(tree, source ?? item)))
    }
    return found
  }

  async #workflow(tree: MapTree, at: Tree): Promise<readonly SourceWorkflow[]> {
    const id = textOf(child(tree, 'id'))
    if (id === undefined) {
      this.#files.problems.add({
        code: 'source_invalid',
        message: 'this workflow has no id',
        at: tree.entries.length === 0 ? at : { ...tree, span: tree.entries[0]?.keySpan ?? tree.span },
        help: 'Add id: ….',
      })
      return []
    }
    const components = new Components(this.#files, this.#components)
    await components.define(tree)
    const tasks = await new TaskReader(this.#files.problems, components).list(child(tree, 'tasks'))
    const written =
      child(child(tree, 'config'), 'input') ??
      child(tree, 'input') ??
      child(child(tree, 'trigger'), 'input') ??
      child(child(tree, 'trigger'), 'schema')
    const input = await resolveSchema(written, components, this.#files, tree)
    return [{ tree, id, tasks, components, input }]
  }

  /** Files that stand for themselves, found by patterns. */
  async #autoload(): Promise<void> {
    const autoload = child(this.#project, 'autoload')
    const patterns = itemsOf(child(autoload, 'include')).flatMap((item) => textOf(item) ?? [])
    if (patterns.length === 0) return
    for (const path of await this.#files.find(patterns.map((pattern) => pattern.replace(/^\.\//, '')))) {
      const tree = await this.#files.optional(path)
      const kind = textOf(child(tree, 'resource'))
      if (
        tree !== undefined &&
        (kind === 'agent' || kind === 'tool' || kind === 'task' || kind === 'schema' || kind === 'model')
      )
        this.#components.add(kind, tree)
    }
  }
}

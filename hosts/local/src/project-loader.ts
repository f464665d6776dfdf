import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { environmentSecrets, projectFiles } from '@wonder/driver-process'
import type { Definition } from '@wonder/engine'
import type { Loaded, Project } from '@wonder/language'
import type { Secrets, ToolRuntime } from '@wonder/platform'
import { folderSource } from './project-source.ts'

/** What the executor resolves for tasks: plain values and secrets of the project's environment. */
export type ProjectSettings = {
  readonly env: { readonly [name: string]: string }
  readonly secrets: Secrets
  readonly name: string
  readonly budget: Project['settings']['budget']
  /** When ended runs are removed. */
  readonly retention: Project['settings']['retention']
}

/** A project's files, loaded once for each workflow. */
export class ProjectLoader {
  readonly #folder: string
  readonly #tools: ToolRuntime
  readonly #loaded = new Map<string, Promise<Loaded>>()
  #environment: string | undefined
  #settings: Promise<ProjectSettings> | null = null
  #env: ProjectSettings['env'] = {}

  constructor(options: {
    readonly folder: string
    readonly tools: ToolRuntime
    readonly environment: string | undefined
  }) {
    this.#folder = options.folder
    this.#tools = options.tools
    this.#environment = options.environment
  }

  /** The environment that runs of this process are started in. */
  get environment(): string | undefined {
    return this.#environment
  }

  /** From now on tasks see the values of this environment. */
  setEnvironment(environment: string | undefined): void {
    if (environment === this.#environment) return
    this.#environment = environment
    this.#settings = null
    this.reload()
  }

  /** All mistakes of all files at once; with a workflow, only what it needs is compiled. */
  load(options: { readonly workflow?: string } = {}): Promise<Loaded> {
    const { workflow } = options
    const key = workflow ?? ''
    const loaded = this.#loaded.get(key) ?? this.#load(workflow)
    this.#loaded.set(key, loaded)
    loaded.catch(() => this.#loaded.delete(key))
    return loaded
  }

  /** Forgets what was loaded: the files may have changed. */
  reload(): void {
    this.#loaded.clear()
  }

  /** Values of the environment; there after settings() has resolved once. */
  get env(): ProjectSettings['env'] {
    return this.#env
  }

  /** Reads wonder.yaml alone: runs go on with the definitions they began with, even while other files are being edited. */
  settings(): Promise<ProjectSettings> {
    if (this.#settings === null) {
      const settings = this.#readSettings()
      this.#settings = settings
      settings.catch(() => {
        this.#settings = null
      })
    }
    return this.#settings
  }

  /**
   * The env values that a run is started with: those of its workflow first. A sub-workflow begins when its files may be
   * others already: its own values are read from them if they can be.
   */
  async envOf({ env: names, workflow }: Definition, own?: ProjectSettings['env']): Promise<ProjectSettings['env']> {
    if (names.length === 0) return {}
    const { env } = await this.settings()
    const values = own ?? (await this.#envOfFile(workflow))
    return Object.fromEntries(
      names.flatMap((name): [string, string][] => {
        const value = values[name] ?? env[name]
        return value === undefined ? [] : [[name, value]]
      }),
    )
  }

  async #envOfFile(workflow: string): Promise<ProjectSettings['env']> {
    const loaded = await this.load({ workflow })
    return loaded.ok ? (loaded.project.workflows.get(workflow)?.env ?? {}) : {}
  }

  async #load(workflow: string | undefined): Promise<Loaded> {
    const { loadProject } = await import('@wonder/language')
    const loaded = await loadProject(folderSource(projectFiles(this.#folder), this.#tools), {
      ...(workflow === undefined ? {} : { workflow }),
      ...(this.#environment === undefined ? {} : { environment: this.#environment }),
    })
    if (loaded.ok) this.#settings = this.#read(loaded.project)
    return loaded
  }

  async #readSettings(): Promise<ProjectSettings> {
    const { loadProject } = await import('@wonder/language')
    const source = folderSource(projectFiles(this.#folder), this.#tools)
    const loaded = await loadProject(
      { ...source, find: async () => [] },
      this.#environment === undefined ? {} : { environment: this.#environment },
    )
    // With a mistake in it nothing else is known than what the process itself was given.
    if (!loaded.ok)
      return { name: '', budget: {}, env: {}, secrets: environmentSecrets({ env: process.env }), retention: {} }
    return await this.#read(loaded.project)
  }

  async #read({ name, envFile, env, secrets, settings }: Project): Promise<ProjectSettings> {
    const path = envFile === undefined ? undefined : join(this.#folder, envFile)
    const values: { [name: string]: string } = { ...(path === undefined ? {} : await valuesOf(path)), ...env }
    // Secrets are given by the name `secrets` alone, where they are taken out of everything that is stored.
    for (const { name } of secrets) delete values[name]
    this.#env = values
    return {
      name,
      budget: settings.budget,
      env: values,
      secrets: environmentSecrets({ env: process.env, ...(path === undefined ? {} : { envFile: path }) }),
      retention: settings.retention,
    }
  }
}

/** A file that is not there has no values: `validate` says which secrets are missing. */
async function valuesOf(path: string): Promise<{ readonly [name: string]: string }> {
  try {
    const values = Object.entries(parseEnv(await readFile(path, 'utf8')))
    return Object.fromEntries(values.filter((entry): entry is [string, string] => entry[1] !== undefined))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
}

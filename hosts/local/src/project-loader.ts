import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { environmentSecrets, projectFiles } from '@wonder/driver-process'
import { type Loaded, loadProject, type Project } from '@wonder/language'
import type { Secrets, ToolRuntime } from '@wonder/platform'
import { folderSource } from './project-source.ts'

/** What the executor resolves for tasks: plain values and secrets of the project's environment. */
export type ProjectSettings = {
  readonly env: { readonly [name: string]: string }
  readonly secrets: Secrets
}

/** A project's files, loaded once for each workflow and environment. */
export class ProjectLoader {
  readonly #folder: string
  readonly #tools: ToolRuntime
  /** The environment that tasks of this process see. */
  readonly #environment: string | undefined
  readonly #loaded = new Map<string, Promise<Loaded>>()
  #settings: ProjectSettings | null = null

  constructor(options: {
    readonly folder: string
    readonly tools: ToolRuntime
    readonly environment: string | undefined
  }) {
    this.#folder = options.folder
    this.#tools = options.tools
    this.#environment = options.environment
  }

  /** All mistakes of all files at once; with a workflow, only what it needs is compiled. */
  load(options: { readonly workflow?: string; readonly environment?: string } = {}): Promise<Loaded> {
    const { workflow, environment = this.#environment } = options
    const key = JSON.stringify([workflow ?? null, environment ?? null])
    const loaded = this.#loaded.get(key) ?? this.#load(workflow, environment)
    this.#loaded.set(key, loaded)
    return loaded
  }

  /** Forgets what was loaded: the files may have changed. */
  reload(): void {
    this.#loaded.clear()
    this.#settings = null
  }

  async #load(workflow: string | undefined, environment: string | undefined): Promise<Loaded> {
    const loaded = await loadProject(folderSource(projectFiles(this.#folder), this.#tools), {
      ...(workflow === undefined ? {} : { workflow }),
      ...(environment === undefined ? {} : { environment }),
    })
    if (loaded.ok && environment === this.#environment) this.#settings ??= await this.#read(loaded.project)
    return loaded
  }

  /** Values of the environment as far as they are known already. */
  get env(): { readonly [name: string]: string } {
    return this.#settings?.env ?? {}
  }

  async settings(): Promise<ProjectSettings> {
    if (this.#settings !== null) return this.#settings
    const loaded = await this.load()
    // Runs go on with the definitions they began with, even while the project's files are being edited.
    if (!loaded.ok) return { env: {}, secrets: environmentSecrets({ env: process.env }) }
    this.#settings ??= await this.#read(loaded.project)
    return this.#settings
  }

  async #read({ envFile, env }: Project): Promise<ProjectSettings> {
    if (envFile === undefined) return { env, secrets: environmentSecrets({ env: process.env }) }
    const path = join(this.#folder, envFile)
    return {
      env: { ...(await valuesOf(path)), ...env },
      secrets: environmentSecrets({ env: process.env, envFile: path }),
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

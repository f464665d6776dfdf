import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { InvariantError, SourceError, WonderError } from '@wonder/errors'
import type { BuiltDocument, ToolBundle, ToolCall, ToolDescription, ToolRuntime } from '@wonder/platform'
import { BundleCache, sha256 } from './bundle-cache.ts'
import { type BuiltTool, buildTool, toolInvalid } from './bundle-tool.ts'
import { cacheArguments, denoArguments, usesNpm } from './deno-command.ts'
import { buildDocument, documentInvalid, notLoaded, placedDocument } from './document-file.ts'
import { ToolPool } from './tool-pool.ts'
import type { ToolLaunch } from './tool-process.ts'

export type DenoToolRuntimeOptions = {
  /** Folder for bundles and for what Deno keeps; absolute. May be shared by processes. */
  readonly cacheDir: string
  /** Default: the number of cores. */
  readonly maxProcesses?: number
  /** Deno's executable; default that of the npm package. */
  readonly deno?: string
  /** Milliseconds that a file has to load, counted from when its process begins to load it. Default 5 000. */
  readonly loadTime?: number
}

const harness = fileURLToPath(new URL('./harness.mjs', import.meta.url))
const defaultOutput = 10_000_000
const defaultMemory = 256
const defaultLoadTime = 5_000
/** Milliseconds until a process has its turn and Deno has begun, which a busy machine may need. */
const startTime = 30_000
const nothing: ToolCall['env'] = {}

/** Tools in Deno, in warm processes. Deno's own cache is below `cacheDir`, apart from the user's. */
export function denoToolRuntime(options: DenoToolRuntimeOptions): ToolRuntime {
  const deno = options.deno ?? installedDeno()
  const { loadTime = defaultLoadTime } = options
  const cache = new BundleCache<ToolDescription>(options.cacheDir, 'tools')
  const documents = new BundleCache<BuiltDocument>(options.cacheDir, 'documents')
  const pool = new ToolPool(options.maxProcesses ?? availableParallelism())
  const fetched = new Map<string, Promise<void>>()
  // The launch of a call is the same for all calls with equal parts; making it is most of a warm call's cost.
  const launches = new Map<string, ToolLaunch>()

  /** Fetches what the bundle imports from npm, once a process; when all is there Deno does not ask the registry. */
  const fetchPackages = (digest: string, bundleFile: string, tool: string): Promise<void> => {
    const known = fetched.get(digest)
    if (known !== undefined) return known
    const work = fetchFromNpm({ deno, bundleFile, tool, env: denoEnv(options.cacheDir) })
    fetched.set(digest, work)
    work.catch(() => fetched.delete(digest))
    return work
  }

  const launchOf = async (call: Omit<ToolCall, 'input' | 'idempotencyKey' | 'signal'>): Promise<ToolLaunch> => {
    const { bundle, permissions, env, cwd, memory = defaultMemory } = call
    const key = JSON.stringify([bundle.digest, permissions, permissions.env?.map((name) => env[name]), cwd, memory])
    const known = launches.get(key)
    if (known !== undefined) return known
    const bundleFile = await cache.store(bundle)
    if (usesNpm(bundle.code)) await fetchPackages(bundle.digest, bundleFile, call.name)
    const launch: ToolLaunch = {
      key,
      deno,
      args: denoArguments({ harness, bundleFile, code: bundle.code, permissions, cwd, memory, tool: call.name }),
      env: { ...granted(call), ...denoEnv(options.cacheDir) },
      cwd,
      bundleUrl: pathToFileURL(bundleFile).href,
      memory,
    }
    if (launches.size > 1_000) launches.clear()
    launches.set(key, launch)
    return launch
  }

  const request = async (
    call: Omit<ToolCall, 'input' | 'idempotencyKey'>,
    message: { readonly type: 'describe' | 'call'; readonly [field: string]: unknown },
  ) => {
    call.signal.throwIfAborted()
    const process = await pool.acquire(await launchOf(call), call)
    try {
      return await process.request(message, call)
    } finally {
      pool.release(process)
    }
  }

  /** As a request; it also ends when the file has had its time to load. */
  const requestOfFile: typeof request = async (call, message) => {
    const late = new AbortController()
    const end = () => late.abort(new DOMException('The file did not load in time', 'TimeoutError'))
    const process = await pool.acquire(await launchOf(call), call)
    let timer: NodeJS.Timeout | undefined
    void process.begun.then(() => {
      timer = setTimeout(end, loadTime).unref()
    })
    try {
      return await process.request(message, { ...call, signal: AbortSignal.any([call.signal, late.signal]) })
    } finally {
      clearTimeout(timer)
      pool.release(process)
    }
  }

  const describe = async (file: string, bundle: Pick<ToolBundle, 'digest' | 'code'>): Promise<ToolDescription> => {
    const name = basename(file)
    const signal = AbortSignal.timeout(startTime)
    try {
      const call = { name, bundle, permissions: {}, env: nothing, cwd: tmpdir(), signal }
      const reply = await requestOfFile(call, { type: 'describe' })
      if (reply.type !== 'described') throw new InvariantError('G6', `a tool was described by "${reply.type}"`)
      return reply.description as ToolDescription
    } catch (error) {
      throw await notDescribed(file, error, loadTime)
    }
  }

  const evaluate = async (file: string, bundle: Pick<ToolBundle, 'digest' | 'code'>): Promise<BuiltDocument> => {
    const call = { name: basename(file), bundle, permissions: {}, env: nothing, cwd: tmpdir() }
    const message = { type: 'call', input: {}, idempotencyKey: '', maxOutput: defaultOutput } as const
    try {
      const reply = await requestOfFile({ ...call, signal: AbortSignal.timeout(startTime) }, message)
      if (reply.type !== 'returned') throw new InvariantError('G2', `a file was evaluated to "${reply.type}"`)
      return await placedDocument(file, JSON.parse(reply.text))
    } catch (error) {
      throw await documentInvalid(file, error, loadTime)
    }
  }

  return {
    async bundle(path) {
      const file = resolve(path)
      const known = await cache.get(file)
      if (known !== undefined) return known
      const { code, inputs } = await buildTool(file)
      const digests = await digestsOf(inputs)
      const named = { digest: sha256(code), code }
      const bundle = { ...named, description: await describe(file, named) }
      await cache.put(file, bundle, digests)
      return bundle
    },

    async call(call) {
      const { input, idempotencyKey, maxOutput = defaultOutput } = call
      const reply = await request(call, { type: 'call', input, idempotencyKey, maxOutput })
      if (reply.type !== 'returned') throw new InvariantError('G2', `a call was answered by "${reply.type}"`)
      return JSON.parse(reply.text)
    },

    async document(path) {
      const file = resolve(path)
      const known = await documents.get(file)
      if (known !== undefined) return known.description
      const { code, inputs } = await buildDocument(file)
      const digests = await digestsOf(inputs)
      const bundle = { digest: sha256(code), code }
      const description = await evaluate(file, bundle)
      await documents.put(file, { ...bundle, description }, digests)
      return description
    },

    close: () => pool.close(),
  }
}

async function digestsOf(inputs: BuiltTool['inputs']) {
  return Promise.all(inputs.map(async (path) => ({ path, digest: sha256(await readFile(path)) })))
}

/**
 * A tool gets nothing of the host's environment. Deno gets PATH, which a tool cannot read: by it a forbidden program is
 * told as forbidden rather than as missing. Programs that a tool may run get HOME and LANG too.
 */
function granted(call: Pick<ToolCall, 'permissions' | 'env'>): { [name: string]: string } {
  const names = (call.permissions.env ?? []).filter((name) => Object.hasOwn(call.env, name))
  const values = Object.fromEntries(names.map((name) => [name, call.env[name] ?? '']))
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/', LANG = 'C.UTF-8' } = process.env
  return (call.permissions.run ?? []).length === 0 ? { PATH, ...values } : { PATH, HOME, LANG, ...values }
}

function denoEnv(cacheDir: string): { readonly [name: string]: string } {
  return {
    DENO_DIR: join(cacheDir, 'deno'),
    DENO_NO_PACKAGE_JSON: '1',
    DENO_NO_UPDATE_CHECK: '1',
    NO_COLOR: '1',
  }
}

async function fetchFromNpm(options: {
  readonly deno: string
  readonly bundleFile: string
  readonly tool: string
  readonly env: { readonly [name: string]: string }
}): Promise<void> {
  try {
    // The registry and the proxy are those of the user.
    await promisify(execFile)(options.deno, cacheArguments(options.bundleFile), {
      env: { ...process.env, ...options.env },
      timeout: 120_000,
    })
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new WonderError('tool_invalid', `Cannot fetch the npm packages of tool "${options.tool}": ${said}`, {
      details: { tool: options.tool },
    })
  }
}

async function notDescribed(file: string, error: unknown, loadTime: number): Promise<unknown> {
  if (!(error instanceof WonderError) || error instanceof SourceError || error.code === 'tool_runtime_unavailable') {
    const isTimeout = error instanceof DOMException && error.name === 'TimeoutError'
    return isTimeout ? await toolInvalid(file, notLoaded(loadTime)) : error
  }
  const reason = error.message.replace(/^Tool "[^"]*" (cannot be used: )?/, '')
  const isOwn = error.code === 'tool_invalid'
  const advice = isOwn ? '; end it with: export default tool({ … })' : ' while it was loaded; do such work inside run()'
  const about = reason.includes('default export') || reason.includes('definition') ? 'export default' : undefined
  return toolInvalid(file, `${isOwn ? reason : `it ${reason}`}${isOwn && about === undefined ? '' : advice}`, about)
}

function installedDeno(): string {
  const require = createRequire(import.meta.url)
  return join(require.resolve('deno/package.json'), '..', process.platform === 'win32' ? 'deno.exe' : 'deno')
}

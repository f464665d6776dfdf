export { type DenoToolRuntimeOptions, denoToolRuntime } from './deno-tool-runtime.ts'

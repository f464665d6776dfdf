import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { type Figure, figureOf } from './figure.ts'
import type { Workload } from './workload.ts'

const root = resolve(import.meta.dirname, '..')
const packages = ['errors', 'crypto', 'context', 'templates', 'expressions', 'engine']

/** What each package weighs in a browser or a Worker, with all that it imports. */
export const bundleSizes: Workload = {
  name: 'sizes',
  title: 'the packages as bundles, minified and gzipped',
  async run({ progress }) {
    const figures: Figure[] = []
    for (const name of packages) {
      progress(name)
      const bytes = await bundle(name)
      const about = { workload: 'sizes', unit: 'KiB' }
      const size = (value: number) => [{ value: value / 1024 }]
      figures.push(figureOf({ ...about, metric: `${name}, minified`, rounds: size(bytes.length) }))
      figures.push(figureOf({ ...about, metric: `${name}, and gzipped`, rounds: size(gzipSync(bytes).length) }))
    }
    return figures
  },
}

async function bundle(name: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [resolve(root, `packages/${name}/src/index.ts`)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2024',
    logLevel: 'error',
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}

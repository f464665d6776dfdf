import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Run by `node packages/test/runtimes/bundle-sizes.bench.ts`: what each package weighs with all that it imports. */
const root = resolve(import.meta.dirname, '../../..')

for (const name of ['errors', 'context', 'templates', 'expressions', 'crypto', 'engine']) {
  const built = await build({
    entryPoints: [resolve(root, `packages/${name}/src/index.ts`)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2024',
    metafile: true,
    logLevel: 'error',
  })
  const [file] = built.outputFiles
  const bytes = file?.contents ?? new Uint8Array()
  const [output] = Object.values(built.metafile.outputs)
  const inputs = Object.entries(output?.inputs ?? {})
  const foreign = inputs
    .filter(([path]) => path.includes('node_modules'))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)
  const kilobytes = (size: number) => `${(size / 1024).toFixed(1)} KiB`.padStart(11)
  console.log(
    `${name.padEnd(12)} ${kilobytes(bytes.length)} minified ${kilobytes(gzipSync(bytes).length)} gzipped ${kilobytes(foreign)} of it not ours`,
  )
}

// Loaded before the command's module (NODE_OPTIONS=--import): notes when that begins, epoch milliseconds.
import { writeFileSync } from 'node:fs'

try {
  writeFileSync(process.env.BENCH_STARTED ?? '', String(performance.timeOrigin + performance.now()), { flag: 'wx' })
} catch {
  // Programs that the command starts find the file there already.
}

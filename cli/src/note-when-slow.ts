import type { Output } from './output.ts'

/** Milliseconds after which a person wonders whether anything happens. */
const patience = 1_500

/** Waits for work, and tells a person at a terminal what is going on when it takes long. */
export async function noteWhenSlow<T>(output: Output, text: string, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => {
    if (output.stderr.isTTY) output.note(output.paintNote('dim', text))
  }, patience)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}

/** Milliseconds after which what is waited for counts as never. */
const patience = 30_000

/**
 * Resolves with the first result that is neither null, undefined nor false: other processes cannot be awaited otherwise.
 *
 * @param what for the error: `the run to start`
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  limit = patience,
): Promise<T> {
  const end = Date.now() + limit
  for (;;) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`waited ${limit} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

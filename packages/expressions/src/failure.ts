import type { ErrorCode } from '@wonder/errors'

/** The part of an expression's text that a closure was compiled from. */
export type Site = { readonly start: number; readonly end: number }

/**
 * A failed evaluation on its way out. `a || b`, exists() and all() may still absorb it, a thousand times in one
 * evaluation, so it has no stack, and its message (which looks for near names) is made only when it gets out.
 */
export class Failure {
  readonly code: ErrorCode
  readonly site: Site
  readonly message: () => string

  constructor(code: ErrorCode, site: Site, message: () => string) {
    this.code = code
    this.site = site
    this.message = message
  }
}

export function failed(site: Site, message: () => string): Failure {
  return new Failure('evaluation_failed', site, message)
}

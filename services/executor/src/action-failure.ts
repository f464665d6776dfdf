import { type ErrorBody, toErrorBody } from '@wonder/errors'

/** A failure whose code a workflow's author chose. */
export class ActionFailure extends Error {
  readonly body: ErrorBody

  constructor(body: ErrorBody) {
    super(body.message)
    this.body = body
  }
}

export function bodyOf(thrown: unknown): ErrorBody {
  return thrown instanceof ActionFailure ? thrown.body : toErrorBody(thrown)
}

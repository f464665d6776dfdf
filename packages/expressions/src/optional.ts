/** What `.?` gives: a value that may be missing. It exists during an evaluation only. */
export class Optional {
  static readonly none = new Optional(undefined)
  /** undefined when missing: no JSON value is. */
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

/** The JSON form: a missing value is null. */
export function unwrap(value: unknown): unknown {
  return value instanceof Optional ? (value.value ?? null) : value
}

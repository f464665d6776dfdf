/** Does a value hold? Nothing else is told, nothing is allocated. */
export type Test = (value: unknown) => boolean

/** What a loop over members or items can decide itself, without a call. */
export type Kind = 0 | 1 | 2 | 3 | 4 | 5
export const CALL: Kind = 0
export const ANYTHING: Kind = 1
export const STRING: Kind = 2
export const INTEGER: Kind = 3
export const NUMBER: Kind = 4
export const BOOLEAN: Kind = 5

/** A compiled schema: its test, and its kind where the kind says everything. */
export type Plan = { readonly test: Test; readonly kind: Kind }

export const always: Plan = { test: () => true, kind: ANYTHING }
export const never: Plan = { test: () => false, kind: CALL }

/** A test that a loop calls. */
export function called(test: Test): Plan {
  return { test, kind: CALL }
}

/** Both must hold. */
export function both(first: Plan, second: Plan): Plan {
  if (first.kind === ANYTHING) return second
  if (second.kind === ANYTHING) return first
  const [a, b] = [first.test, second.test]
  return called((value) => a(value) && b(value))
}

import { whoAsks } from './open-host.ts'

/** Who gives an answer: until there are accounts, what the command line says. */
export type Person = { readonly name: string; readonly roles: readonly string[] }

export type PersonOptions = { readonly as?: string; readonly role?: readonly string[] }

/** `--as` and `--role`; the user of the machine when nothing is said. */
export function personOf({ as, role }: PersonOptions): Person {
  return { name: as ?? whoAsks(), roles: role ?? [] }
}

/** For options that may be given several times. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

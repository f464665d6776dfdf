import { describe, expect, test } from 'vitest'
import type { Ids } from '../src/ids.ts'

/** The guarantees of Ids. */
export function idsConformance(driver: string, make: () => Ids): void {
  describe(`Ids of ${driver}`, () => {
    test('G1 runId() is a ULID in upper case', () => {
      expect(make().runId()).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
    })

    test('G1 ids of one process are distinct and sort as they were made', () => {
      const ids = make()
      const made = Array.from({ length: 2_000 }, () => ids.runId())

      expect(new Set(made).size).toBe(made.length)
      expect([...made].sort()).toEqual(made)
    })
  })
}

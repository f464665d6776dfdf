import { describe, expect, test } from 'vitest'
import type { Secrets } from '../src/secrets.ts'

export type SecretsHarness = {
  readonly secrets: Secrets
  readonly set: (name: string, value: string) => Promise<void> | void
}

/** The guarantees of Secrets. */
export function secretsConformance(driver: string, make: () => SecretsHarness | Promise<SecretsHarness>): void {
  describe(`Secrets of ${driver}`, () => {
    test('G1 get() gives undefined for a name without value, also for names that objects have', async () => {
      const { secrets } = await make()

      expect(await secrets.get('MISSING')).toBeUndefined()
      expect(await secrets.get('constructor')).toBeUndefined()
      expect(await secrets.get('__proto__')).toBeUndefined()
    })

    test('G1 get() gives the present value, not an earlier one', async () => {
      const { secrets, set } = await make()
      await set('API_KEY', 'first')
      const first = await secrets.get('API_KEY')
      await set('API_KEY', 'second')

      expect([first, await secrets.get('API_KEY')]).toEqual(['first', 'second'])
    })
  })
}

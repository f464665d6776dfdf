import { describe, expect, it } from 'vitest'
import { RecentCache } from './recent-cache.ts'

describe('RecentCache', () => {
  it('drops what was not used longest', () => {
    const cache = new RecentCache<number>(2)
    cache.set('a', 1)
    cache.set('b', 2)
    cache.get('a')
    cache.set('c', 3)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3])
  })
})

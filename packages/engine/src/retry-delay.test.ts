import { describe, expect, test } from 'vitest'
import { retries } from './retry-delay.ts'

const retry = { max_attempts: 3, backoff: 'none', initial_delay: 0, max_delay: 0, jitter: 0 } as const

describe('retries()', () => {
  test.each([
    ['an error that may be retried', {}, 1, { code: 'http_status', retry: 'safe' }, true],
    ['no error that says never', {}, 1, { code: 'http_status', retry: 'never' }, false],
    ['nothing after the last attempt', {}, 3, { code: 'http_status', retry: 'safe' }, false],
    ['only the codes of `only`', { only: ['timeout'] }, 1, { code: 'http_status', retry: 'safe' }, false],
    ['the codes of `only`', { only: ['http_status'] }, 1, { code: 'http_status', retry: 'safe' }, true],
    ['no code of `except`', { except: ['http_status'] }, 1, { code: 'http_status', retry: 'safe' }, false],
    ['other codes than those of `except`', { except: ['timeout'] }, 1, { code: 'http_status', retry: 'safe' }, true],
    ['never, even when `only` names it', { only: ['a'] }, 1, { code: 'a', retry: 'never' }, false],
  ] as const)('takes %s', (_claim, more, tries, error, answer) => {
    expect(retries({ ...retry, ...more }, tries, error)).toBe(answer)
  })
})

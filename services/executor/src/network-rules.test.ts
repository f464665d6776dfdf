import { describe, expect, it } from 'vitest'
import { checkPermissionAllowed, checkUrlAllowed } from './network-rules.ts'

describe('checkUrlAllowed()', () => {
  const check =
    (url: string, ...allow: string[]) =>
    () =>
      checkUrlAllowed(new URL(url), allow)

  it('allows every host without a list, and none with an empty one', () => {
    expect(() => checkUrlAllowed(new URL('https://a.example'), undefined)).not.toThrow()
    expect(check('https://a.example')).toThrow('no host')
  })

  it('compares names without case and the port where the entry has one', () => {
    expect(check('https://A.example/x', 'a.EXAMPLE')).not.toThrow()
    expect(check('https://a.example', 'a.example:443')).not.toThrow()
    expect(check('http://a.example', 'a.example:443')).toThrow('a.example')
    expect(check('http://[::1]:81/', '[::1]:81')).not.toThrow()
    expect(check('https://a.example.', 'a.example')).not.toThrow()
  })

  it('is not misled by what only looks like the host', () => {
    expect(check('https://a.example.evil.test', 'a.example')).toThrow()
    expect(check('https://a.example@evil.test', 'a.example')).toThrow()
    expect(check('https://evil.test/a.example', 'a.example')).toThrow()
  })
})

describe('checkPermissionAllowed()', () => {
  it.each([
    'localhost',
    'x.localhost:80',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.0.1:1',
    '100.64.0.1',
    '0.0.0.0',
    '[fe80::1]',
    '::ffff:10.0.0.1',
    '2130706433',
  ])('refuses %s unless it is named', (host) => {
    expect(() => checkPermissionAllowed(host, undefined)).toThrow(host)
    expect(() => checkPermissionAllowed(host, [])).toThrow(host)
    expect(() => checkPermissionAllowed(host, [host])).not.toThrow()
  })

  it.each(['example.com', '8.8.8.8:53', '172.32.0.1', '[2606:4700::1]:443'])('allows %s without a list', (host) => {
    expect(() => checkPermissionAllowed(host, undefined)).not.toThrow()
    expect(() => checkPermissionAllowed(host, [])).toThrow(host)
  })
})

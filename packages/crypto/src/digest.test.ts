import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestJson, sha256Hex } from './digest.ts'

test('sha256Hex() knows the vectors of FIPS 180-4', () => {
  expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('sha256Hex() agrees with the platform on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'))
    }),
  )
})

test('sha256Hex() takes a text as its UTF-8', () => {
  expect(sha256Hex('grün 😀')).toBe(sha256Hex(new TextEncoder().encode('grün 😀')))
})

test('digestJson() names its algorithm and hashes the canonical text', () => {
  expect(digestJson({ b: 1, a: 2 })).toBe(`sha256:${sha256Hex('{"a":2,"b":1}')}`)
})

test('digestJson() refuses what is not JSON', () => {
  expect(() => digestJson({ a: undefined })).toThrowError(expect.objectContaining({ code: 'invalid_value' }))
})

import { expect, test } from 'vitest'
import { decodeSegment, encodeSegment } from './segment-codec.ts'

const records = (bodies: readonly string[], first = 1) => bodies.map((body, place) => ({ number: first + place, body }))

test('bodies come back as they were, whatever text they are', async () => {
  const bodies = ['', '{}', '\n\n', 'ä€𝄞👩‍👩‍👧', '\u0000\u0000', '\ufeffmark', 'x'.repeat(1_500_000), '{"f":1}\n']

  expect(await decodeSegment('r', await encodeSegment(records(bodies, 77)))).toEqual(records(bodies, 77))
})

test('equal records are equal bytes, so that a second try writes the same blob', async () => {
  const one = await encodeSegment(records(['a', 'b']))

  expect(await encodeSegment(records(['a', 'b']))).toEqual(one)
})

test('what is cut off, changed or no segment is store_corrupt', async () => {
  const whole = await encodeSegment(records(['{"a":1}', '{"b":2}']))
  const changed = Uint8Array.from(whole)
  changed[whole.length - 6] = (changed[whole.length - 6] ?? 0) ^ 255

  for (const content of [whole.slice(0, -4), changed, new Uint8Array(), new TextEncoder().encode('{"f":1}')]) {
    await expect(decodeSegment('r', content)).rejects.toMatchObject({ code: 'store_corrupt' })
  }
})

test('a segment of a newer format is format_too_new', async () => {
  const newer = new Blob(['{"f":2,"first":1,"l":[]}\n']).stream().pipeThrough(new CompressionStream('gzip'))
  const content = new Uint8Array(await new Response(newer).arrayBuffer())

  await expect(decodeSegment('r', content)).rejects.toMatchObject({ code: 'format_too_new' })
})

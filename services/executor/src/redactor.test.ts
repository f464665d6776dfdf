import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactStream } from './redact-stream.ts'
import { Redactor } from './redactor.ts'
import { secretForms } from './secret-forms.ts'

const secret = 'p@ss"word/+&\'%é 42'

function redactorOf(...secrets: string[]): Redactor {
  const redactor = new Redactor()
  for (const value of secrets) redactor.add(value)
  return redactor
}

describe('Redactor', () => {
  it.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify({ token: secret })],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(secret))],
    ['in a URL', `https://x/?q=${encodeURIComponent(secret)}`],
    ['in a form', new URLSearchParams({ q: secret }).toString()],
    ['in lower-case escapes', encodeURIComponent(secret).toLowerCase()],
    ['in Base64', Buffer.from(secret).toString('base64')],
    ['in Base64url', Buffer.from(secret).toString('base64url')],
    ['in Base64 behind a name', Buffer.from(`user:${secret}`).toString('base64')],
    ['in Base64 between other bytes', Buffer.from(`ab${secret}cd`).toString('base64')],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['as a shell argument', secret.replaceAll("'", "'\\''")],
    [
      'in folded Base64',
      Buffer.from(secret)
        .toString('base64')
        .replace(/(.{5})/g, '$1\n'),
    ],
    ['one character a line', [...secret].join('\r\n')],
  ])('replaces a secret %s', (_how, text) => {
    const clean = redactorOf(secret).text(`before ${text} after`)
    expect(clean).toContain('***')
    for (const form of secretForms(secret)) expect(clean.replace(/[\r\n]/g, '')).not.toContain(form)
    expect(clean.startsWith('before ')).toBe(true)
    expect(clean.endsWith(' after')).toBe(true)
  })

  it('leaves other text as it is, line breaks too', () => {
    expect(redactorOf(secret).text('a\nb\r\n\r\nc')).toBe('a\nb\r\n\r\nc')
    expect(redactorOf('TOKEN').text('a\nTO\nKEN\nb\n')).toBe('a\n***\nb\n')
  })

  it('replaces secrets that overlap or contain one another as a whole', () => {
    expect(redactorOf('abcdef', 'defghi', 'abcd').text('xabcdefghix')).toBe('x***x')
  })

  it('does not look for values that are too short', () => {
    expect(redactorOf('abc', '').text('abc abc')).toBe('abc abc')
  })

  it('reaches keys, items and numbers of a value', () => {
    const value = { [`k-${'12345678'}`]: [12345678, { deep: 'is 12345678' }], other: 3 }
    expect(redactorOf('12345678').json(value)).toEqual({ 'k-***': ['***', { deep: 'is ***' }], other: 3 })
  })

  it('drops the beginning of a secret where a text was cut', () => {
    expect(redactorOf('topsecret').cutText('output: topse')).toBe('output: ')
    expect(redactorOf('topsecret').cutText('output: top\nse')).toBe('output: ')
    expect(redactorOf('topsecret').text('it is "topsec…" and more')).toBe('it is "***…" and more')
  })
})

describe('redactStream()', () => {
  async function streamed(pieces: readonly Uint8Array[], redactor: Redactor): Promise<Buffer> {
    const clean: Uint8Array[] = []
    const source = (async function* () {
      yield* pieces
    })()
    for await (const piece of redactStream(source, redactor)) clean.push(piece)
    return Buffer.concat(clean)
  }

  it('finds a secret wherever the pieces end', async () => {
    const text = `ä${secret}\n${Buffer.from(secret).toString('base64')} ende`
    const whole = redactorOf(secret).text(text)
    const bytes = Buffer.from(text)
    for (let size = 1; size < bytes.length; size++) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      )
      expect((await streamed(pieces, redactorOf(secret))).toString()).toBe(whole)
    }
  })

  it('changes no byte of what holds no secret', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 })), async (pieces) => {
        expect(await streamed(pieces, redactorOf('a secret of some length'))).toEqual(Buffer.concat(pieces))
      }),
    )
  })

  it('gives what text() gives, however texts and pieces fall', async () => {
    const pieces = fc.array(fc.stringMatching(/^[ab\n]{0,9}$/), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(pieces, async (texts) => {
        const clean = await streamed(
          texts.map((text) => new TextEncoder().encode(text)),
          redactorOf('abba', 'aabab'),
        )
        expect(clean.toString()).toBe(redactorOf('abba', 'aabab').text(texts.join('')))
      }),
    )
  })
})

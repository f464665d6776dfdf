import { describe, expect, test } from 'vitest'
import { readFieldType } from './field-type.ts'

describe('readFieldType()', () => {
  test.each([
    ['string', { schema: { type: 'string' }, required: true, type: 'string' }],
    ['integer = 20', { schema: { type: 'integer' }, required: false, default: 20, type: 'integer' }],
    ['string?', { schema: { type: 'string' }, required: false, type: 'string' }],
    ['string[]', { schema: { type: 'array', items: { type: 'string' } }, required: true, type: 'string[]' }],
    [
      'integer[][] = []',
      {
        schema: { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
        required: false,
        default: [],
        type: 'integer[][]',
      },
    ],
    ['"a" | "b"', { schema: { enum: ['a', 'b'] }, required: true, type: '"a" | "b"' }],
    ['"a=b" | "c" = "c"', { schema: { enum: ['a=b', 'c'] }, required: false, default: 'c', type: '"a=b" | "c"' }],
    ['any', { schema: true, required: true, type: 'any' }],
    [
      'path = "." # where to look',
      {
        schema: { type: 'string', format: 'path' },
        required: false,
        default: '.',
        type: 'path',
        description: 'where to look',
      },
    ],
    ["string = 'it'", { schema: { type: 'string' }, required: false, default: 'it', type: 'string' }],
  ])('reads %j', (text, expected) => {
    expect(readFieldType(text)).toEqual(expected)
  })

  test.each([
    ['strng', 'there is no type "strng"', 0, 5],
    ['integer = x', 'the default must be written as JSON', 10, 1],
    ['string =', 'the default is missing', 7, 1],
    ['', 'a type is missing', 0, 1],
    ['"a" | b', 'there is no type ""a" | b"', 0, 7],
  ])('tells what is wrong with %j, and where', (text, message, offset, length) => {
    expect(readFieldType(text)).toMatchObject({ message, offset, length })
  })
})

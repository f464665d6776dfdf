import { expect, test } from 'vitest'
import { formFields } from './form-fields.ts'

const fields = formFields({
  type: 'object',
  properties: {
    publish: { type: 'boolean', description: 'to everybody' },
    stars: { type: 'integer', minimum: 1, maximum: 5, default: 3 },
    tone: { enum: ['kind', 'plain'] },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['publish', 'stars'],
})
const field = (name: string) => {
  const found = fields.find((one) => one.name === name)
  if (found === undefined) throw new Error(name)
  return found
}

test('formFields() tells the type, and what must be given', () => {
  expect(fields.map(({ name, type, required }) => [name, type, required])).toEqual([
    ['publish', 'boolean', true],
    ['stars', 'integer', false],
    ['tone', '"kind" | "plain"', false],
    ['tags', 'string[]', false],
  ])
  expect([field('publish').description, field('stars').default, field('tone').choices]).toEqual([
    'to everybody',
    3,
    ['kind', 'plain'],
  ])
})

test('a field reads the value of a text', () => {
  expect(field('publish').read('true')).toEqual({ value: true })
  expect(field('stars').read('5')).toEqual({ value: 5 })
  expect(field('tone').read('kind')).toEqual({ value: 'kind' })
  expect(field('tags').read('["a"]')).toEqual({ value: ['a'] })
})

test('a field tells what is wrong with a text', () => {
  expect(field('publish').read('maybe')).toEqual({ problem: 'It must be true or false' })
  expect(field('stars').read('9')).toHaveProperty('problem')
  expect(field('tone').read('rude')).toEqual({ problem: 'It must be one of kind, plain' })
})

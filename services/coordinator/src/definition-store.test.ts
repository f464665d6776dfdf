import { closureDigest } from '@wonder/engine'
import { expect, test } from 'vitest'
import { list } from '../test/definitions.ts'
import { World } from '../test/world.ts'
import { DefinitionStore, definitionKey } from './definition-store.ts'

test('the same definition twice is stored once', async () => {
  const world = new World()
  const put = world.blobs.put.bind(world.blobs)
  const keys: string[] = []
  world.blobs.put = (key, content) => {
    keys.push(key)
    return put(key, content)
  }
  const host = world.open()

  await host.start(list(['a']))
  await host.start(list(['a']))

  expect(keys).toEqual([definitionKey(closureDigest(list(['a'])))])
})

test('a definition keeps its digest on its way through the store', async () => {
  const world = new World()
  const definition = list(['b', 'a'], { name: 'Ünïcode', input: { type: 'object', properties: { z: {}, a: {} } } })
  const { digest } = await new DefinitionStore(world.blobs).put(definition)

  const read = (await new DefinitionStore(world.blobs).plan(digest)).definition

  expect(closureDigest(read)).toBe(digest)
  // A run that goes on elsewhere makes its objects in the same order.
  expect(JSON.stringify(read)).toBe(JSON.stringify(definition))
})

test('a definition that many runs ask for at once is read and compiled once', async () => {
  const world = new World()
  const { digest } = await new DefinitionStore(world.blobs).put(list(['a']))
  const store = new DefinitionStore(world.blobs)

  const plans = await Promise.all([store.plan(digest), store.plan(digest), store.plan(digest)])

  expect(new Set(plans).size).toBe(1)
})

test('a definition that is missing is store_corrupt with its name', async () => {
  await expect(new DefinitionStore(new World().blobs).plan('sha256:00')).rejects.toMatchObject({
    code: 'store_corrupt',
    message: 'Cannot find the definition sha256:00: it is missing',
  })
})

import { assemble } from '../assembly.ts'
import { eachItem, itemsInput, linear, linearInput } from '../definitions.ts'
import { peerSteps, servePeer } from './serve-peer.ts'

// Ourselves, as the peers are measured: coordinator, executor and SQLite store (synchronous = FULL) in this process.
await servePeer(async (_modules, folder) => {
  const wonder = await assemble(folder)
  const [steps, branches] = [linear(peerSteps), eachItem(null)]
  return {
    async run() {
      await wonder.run(steps, linearInput)
    },
    async fanOut(count) {
      await wonder.run(branches, itemsInput(count))
    },
    close: () => wonder.close(),
  }
})

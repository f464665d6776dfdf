import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  clockConformance,
  idsConformance,
  type NetSeen,
  netConformance,
  projectFilesConformance,
  randomConformance,
  sandboxConformance,
  secretsConformance,
} from '@wonder/platform/conformance'
import { afterEach } from 'vitest'
import {
  environmentSecrets,
  nodeNet,
  processSandbox,
  projectFiles,
  systemClock,
  systemRandom,
  ulidIds,
} from './index.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'wonder-process-'))
  undo.push(() => rm(path, { recursive: true, force: true }))
  return path
}

clockConformance('process', () => {
  const clock = systemClock()
  return {
    clock,
    // The suite's own time has to pass on the real clock.
    pass: async (milliseconds) => {
      await wait(milliseconds)
    },
  }
})
idsConformance('process', ulidIds)
randomConformance('process', systemRandom)

secretsConformance('the environment', () => {
  const env: { [name: string]: string } = {}
  return {
    secrets: environmentSecrets({ env }),
    set: (name, value) => {
      env[name] = value
    },
  }
})
secretsConformance('an .env file', async () => {
  const envFile = join(await folder(), '.env')
  return {
    secrets: environmentSecrets({ env: {}, envFile }),
    set: (name, value) => writeFile(envFile, `# secrets\n${name}="${value}"\n`),
  }
})

projectFilesConformance('process', async () => {
  const parent = await folder()
  const root = join(parent, 'project')
  const outside = join(parent, 'secret')
  await mkdir(root)
  await writeFile(outside, 'secret')
  const make = async (path: string): Promise<string> => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    return join(root, path)
  }
  return {
    files: projectFiles(root),
    outside,
    write: async (path, text) => writeFile(await make(path), text),
    link: async (path, target) => symlink(target, await make(path)),
  }
})

for (const isolation of ['none', 'auto'] as const) {
  sandboxConformance(`process (isolation ${isolation})`, async () => ({
    sandbox: processSandbox({ host: 'h1', stateDir: await folder(), isolation }),
    root: await folder(),
  }))
}

netConformance('process', async () => {
  const net = nodeNet()
  undo.push(() => net.close())
  return {
    net,
    serve: async (answer) => {
      const seen: NetSeen[] = []
      const server = createServer(async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        const { method = '', url: path = '', headers } = request
        const what: NetSeen = { method, path, headers, body }
        seen.push(what)
        const reply = answer(what)
        response.writeHead(reply.status ?? 200, reply.headers)
        if (reply.hang === true) response.flushHeaders()
        else response.end(reply.body)
      })
      await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
      undo.push(() => closed(server))
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('The test server has no port')
      return { port: address.port, seen }
    },
  }
})

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((settle) => server.close(() => settle()))
}

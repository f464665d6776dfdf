import { once } from 'node:events'
import { createServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { linearInput } from '../definitions.ts'
import { peerSteps, servePeer } from './serve-peer.ts'
import { freePort, startServer } from './server-process.ts'

type Context = { run<Value>(name: string, action: () => Value): Promise<Value> }
type Endpoint = {
  bind(service: object): Endpoint
  http2Handler(): (request: Http2ServerRequest, response: Http2ServerResponse) => void
}
type Restate = {
  service(about: object): object
  endpoint(): Endpoint
  readonly RestatePromise: { all<Value>(promises: readonly Promise<Value>[]): Promise<readonly Value[]> }
}

const steps = async (context: Context, { value }: { readonly value: string }) => {
  let last = { value, step: 0 }
  for (let step = 0; step < peerSteps; step++) last = await context.run(`s${step}`, () => ({ value: last.value, step }))
  return last
}

// Its server with the defaults of a single node, every listener on the loopback address; the service is in this process,
// and a workflow is a durable handler of a plain service (one with a key would cost more), started over HTTP.
await servePeer(async (modules, folder) => {
  const require = createRequire(join(modules, 'package.json'))
  const { service, endpoint, RestatePromise } = require('@restatedev/restate-sdk') as Restate
  const each = async (context: Context, { items }: { readonly items: readonly number[] }) =>
    (await RestatePromise.all(items.map((item) => context.run(`w${item}`, () => item)))).length
  const [fabric, ingress, admin] = [await freePort(), await freePort(), await freePort()]
  const own = createServer(
    endpoint()
      .bind(service({ name: 'bench', handlers: { steps, each } }))
      .http2Handler(),
  )
  own.listen(0, '127.0.0.1')
  await once(own, 'listening')
  const address = own.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  const post = async (url: string, body: object): Promise<string> => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text}`)
    return text
  }
  const server = await startServer({
    program: program(require),
    args: ['--no-logo', '--listen-mode', 'tcp', '--base-dir', folder],
    env: {
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_ADVERTISED_HOST: '127.0.0.1',
      RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FILTER: 'warn',
    },
    answers: async () => {
      await post(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${address.port}` })
    },
  })
  const call = (handler: string, input: object) => post(`http://127.0.0.1:${ingress}/bench/${handler}`, input)
  return {
    async run() {
      await call('steps', { value: linearInput.value })
    },
    async fanOut(branches) {
      const joined = await call('each', { items: Array.from({ length: branches }, (_, item) => item) })
      if (Number(joined) !== branches) throw new Error(`${joined} results of ${branches}`)
    },
    async close() {
      await server.stop()
    },
  }
})

/** The program itself: the package's launcher would be one process more to stop. */
function program(require: NodeJS.Require): string {
  const launcher = createRequire(require.resolve('@restatedev/restate-server/package.json'))
  return launcher.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`)
}

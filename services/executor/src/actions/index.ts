import type { ActionKind } from '@wonder/engine'
import type { Action } from '../action.ts'
import { artifactAction } from './artifact.ts'
import { httpAction } from './http.ts'
import { mockAction } from './mock.ts'
import { renderAction } from './render.ts'
import { setAction } from './set.ts'
import { shellAction } from './shell.ts'
import { toolAction } from './tool.ts'

/** Every kind of action. A new one is a file beside this one and a row here. */
export const actions: { readonly [kind in ActionKind]: Action } = {
  tool: toolAction,
  shell: shellAction,
  http: httpAction,
  render: renderAction,
  set: setAction,
  artifact: artifactAction,
  mock: mockAction,
}

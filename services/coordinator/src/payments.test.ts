import type { Definition, NodeDef } from '@wonder/engine'
import { expect, test } from 'vitest'
import { linear } from '../test/definitions.ts'
import { settled, World } from '../test/world.ts'

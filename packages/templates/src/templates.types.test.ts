import type { SourcePosition } from '@wonder/errors'
import { expectTypeOf, test } from 'vitest'
import {
  type AstProgram,
  type CompiledTemplate,
  type CompileOptions,
  compile,
  type Escape,
  type Helper,
  type Json,
  parse,
  type Reference,
  references,
  render,
  resolve,
  type Scope,
  translateGoTemplate,
} from './index.ts'

test('the types say what goes in and what comes out', () => {
  expectTypeOf(compile).parameter(0).toEqualTypeOf<string>()
  expectTypeOf(compile).parameter(1).toEqualTypeOf<CompileOptions | undefined>()
  expectTypeOf(compile).returns.toEqualTypeOf<CompiledTemplate>()
  expectTypeOf(render).returns.toEqualTypeOf<string>()
  expectTypeOf(resolve).returns.toEqualTypeOf<Json>()
  expectTypeOf(parse).returns.toEqualTypeOf<AstProgram>()
  expectTypeOf(references).returns.toEqualTypeOf<readonly Reference[]>()
  expectTypeOf<Reference['position']>().toEqualTypeOf<SourcePosition>()
  expectTypeOf<Escape>().toEqualTypeOf<'none' | 'html' | 'shell' | 'url'>()
  expectTypeOf<Helper>().returns.toEqualTypeOf<Json | undefined>()
  expectTypeOf(translateGoTemplate('').notes[0]?.severity).toEqualTypeOf<'error' | 'warning' | 'info' | undefined>()
  // @ts-expect-error a function is no JSON
  const wrong: Scope = { f: () => 1 }
  expectTypeOf(wrong).toEqualTypeOf<Scope>()
})

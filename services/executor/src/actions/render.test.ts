import { describe, expect, it } from 'vitest'
import { scenario } from '../../test/scenario.ts'

const texts = { 'sha256:t': { file: 'templates/a.html.hbs', text: '<b>{{ name }}</b> {{= size(list) }}' } }
const render = () => scenario({ steps: [{ action: 'render' }], definition: { texts } })

describe('render', () => {
  it('writes a text or a template file over its data', async () => {
    expect(await render().output({ text: '{{#each xs}}{{this}};{{/each}}', data: { xs: [1, 2] } })).toEqual({
      text: '1;2;',
    })
    expect(await render().output({ template: 'sha256:t', data: { name: '<', list: [1] } })).toEqual({
      text: '<b><</b> 1',
    })
  })

  it('escapes for HTML when it is told to', async () => {
    const config = { template: 'sha256:t', escape: 'html', data: { name: '<i>', list: [] } }
    expect(await render().output(config)).toEqual({ text: '<b>&lt;i&gt;</b> 0' })
  })

  it('never takes data for a template', async () => {
    expect(await render().output({ text: '{{ x }}', data: { x: '{{ y }}', y: 'no' } })).toEqual({ text: '{{ y }}' })
  })

  it('names what is missing', async () => {
    expect(await render().error({ text: '{{ nam }}', data: { name: 1 } })).toMatchObject({ code: 'missing_reference' })
    expect((await render().error({ template: 'sha256:none' })).code).toBe('invariant_broken')
  })
})

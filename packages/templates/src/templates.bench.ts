import Handlebars from 'handlebars'
import Mustache from 'mustache'
import { compile, type Scope } from './index.ts'

/** Run by `node packages/templates/src/templates.bench.ts`: compiling and rendering beside handlebars and mustache. */
const scope: Scope = {
  title: 'Health of <repository>',
  score: 71,
  ok: true,
  files: Array.from({ length: 100 }, (_, index) => ({
    path: `src/file-${index}.ts`,
    lines: index * 7,
    hot: index % 3 === 0,
  })),
  owner: { name: 'Ada & Bob', mail: { address: 'ada@example.com' } },
}

const cases = {
  line: 'Hello {{ owner.name }}, {{ title }} has {{ score }} points.',
  report:
    '# {{title}}\n\n{{#if ok}}Fine: {{score}}{{else}}Not fine{{/if}}\n\n{{#each files}}\n- {{path}}: {{lines}}{{#if hot}} (hot, of {{../owner.name}}){{/if}}\n{{/each}}\n\n{{#with owner}}{{name}} <{{mail.address}}>{{/with}}\n',
}
const mustacheCases = {
  line: cases.line,
  report:
    '# {{title}}\n\n{{#ok}}Fine: {{score}}{{/ok}}{{^ok}}Not fine{{/ok}}\n\n{{#files}}\n- {{path}}: {{lines}}{{#hot}} (hot, of {{owner.name}}){{/hot}}\n{{/files}}\n\n{{#owner}}{{name}} <{{mail.address}}>{{/owner}}\n',
}

/** Operations a second: the best of several rounds, each of which is long enough to be measured. */
function rate(work: () => unknown): number {
  let best = 0
  for (let round = 0; round < 7; round++) {
    const start = performance.now()
    let done = 0
    do {
      for (let each = 0; each < 20; each++) work()
      done += 20
    } while (performance.now() - start < 120)
    best = Math.max(best, (done * 1000) / (performance.now() - start))
  }
  return best
}

let written = 0
/** Handlebars compiles when it first renders: its compiling is measured with one rendering of an empty object. */
for (const name of ['line', 'report'] as const) {
  const text = cases[name]
  const ours = compile(text, { escape: 'html' })
  const theirs = Handlebars.compile(text)
  const rates = {
    'render wonder': rate(() => (written += ours.render(scope).length)),
    'render handlebars': rate(() => (written += theirs(scope).length)),
    'render mustache': rate(() => (written += Mustache.render(mustacheCases[name], scope).length)),
    'compile wonder': rate(() => compile(text, { escape: 'html' })),
    'compile handlebars': rate(() => Handlebars.compile(text)({})),
    'compile mustache': rate(() => new Mustache.Writer().parse(mustacheCases[name])),
  }
  for (const [what, perSecond] of Object.entries(rates)) {
    const [kind] = what.split(' ')
    const times = (rates[`${kind} wonder` as keyof typeof rates] / perSecond).toFixed(2)
    console.log(
      `${name.padEnd(7)} ${what.padEnd(19)} ${Math.round(perSecond).toLocaleString('en').padStart(12)}/s   wonder is ${times} ×`,
    )
  }
}
if (written === 0) throw new Error('nothing was rendered')

import { describe, expect, test } from 'vitest'
import { type CompileOptions, compile, type Scope } from './index.ts'

type Row = readonly [template: string, text: string, scope?: Scope, options?: CompileOptions]

const person: Scope = { input: { name: 'Ada', langs: ['en', 'fr'], empty: [], zero: 0, no: false, nil: null } }

const tables: Readonly<Record<string, readonly Row[]>> = {
  paths: [
    ['Hi {{ input.name }}!', 'Hi Ada!', person],
    ['{{input/name}}', 'Ada', person],
    ['{{this.input.name}}{{./input.name}}', 'AdaAda', person],
    ['{{input.langs.[1]}}{{input.langs.1}}{{input.langs[1]}}', 'frfrfr', person],
    ['{{input.[name]}}{{headers.[x-y z]}}{{headers["x-y z"]}}', 'Ada11', { ...person, headers: { 'x-y z': 1 } }],
    ['{{ x-y }}', '1', { 'x-y': 1 }],
    ['{{input.langs.length}}', '2', person],
    ['{{#with input}}{{@root.input.name}}{{../input.name}}{{/with}}', 'AdaAda', person],
  ],
  values: [
    ['{{input.nil}}|{{input.zero}}|{{input.no}}', '|0|false', person],
    ['{{input.langs}} {{x}}', '["en","fr"] {"a":[1,null]}', { ...person, x: { a: [1, null] } }],
    ['{{"text"}} {{1.5}} {{-2}} {{true}} {{null}}|{{"{{"}}', 'text 1.5 -2 true |{{'],
  ],
  comments: [
    ['a{{! b }}c{{!-- }} --}}d', 'acd'],
    ['a\n  {{! alone }}\nb', 'a\nb'],
  ],
  blocks: [
    ['{{#if input.name}}y{{else}}n{{/if}}', 'y', person],
    ['{{#if input.empty}}y{{else}}n{{/if}}{{#if input.zero}}y{{^}}n{{/if}}', 'nn', person],
    ['{{#if input.zero includeZero=true}}y{{/if}}', 'y', person],
    ['{{#if a}}A{{else if input.name}}B{{else}}C{{/if}}', 'B', person],
    ['{{#unless nope}}n{{/unless}}', 'n', person],
    ['{{^nope}}n{{/nope}}{{^input.name}}x{{else}}y{{/input.name}}', 'ny', person],
    [
      '{{#each input.langs}}{{@index}}{{this}}{{#if @first}}f{{/if}}{{#if @last}}l{{/if}} {{/each}}',
      '0enf 1frl ',
      person,
    ],
    ['{{#each o}}{{@key}}={{.}};{{/each}}', 'a=1;b=2;', { o: { a: 1, b: 2 } }],
    ['{{#each input.empty}}x{{else}}none{{/each}}', 'none', person],
    ['{{#each input.langs as |l i|}}{{i}}{{l}}{{../input.name}}{{/each}}', '0enAda1frAda', person],
    [
      '{{#each m}}{{#each this}}{{@../index}}{{@index}}{{.}} {{/each}}{{/each}}',
      '00a 10b 11c ',
      { m: [['a'], ['b', 'c']] },
    ],
    ['{{#with input as |p|}}{{p.name}}{{name}}{{/with}}', 'AdaAda', person],
    ['{{#with input.nil}}x{{else}}none{{/with}}', 'none', person],
    ['{{#input}}{{name}}{{/input}}{{#input.langs}}{{.}}{{/input.langs}}{{#input.no}}x{{/input.no}}', 'Adaenfr', person],
    ['{{{{raw}}}}{{x}}{{{{/raw}}}}', '{{x}}'],
  ],
  whitespace: [
    ['a {{~ input.name ~}} b', 'aAdab', person],
    ['a\n  {{#if input.name}}\n  x\n  {{else}}\n  y\n  {{/if}}\nz', 'a\n  x\nz', person],
    ['a\n{{#each input.langs}}\n- {{.}}\n{{/each}}\nb', 'a\n- en\n- fr\nb', person],
    ['a {{#if input.name}} x {{/if}} b', 'a  x  b', person],
    ['{{~#if input.name~}} x {{~/if~}} b', 'xb', person],
  ],
  escapes: [
    ['\\{{x}} \\\\{{input.name}}', '{{x}} \\Ada', person],
    [
      '{{x}} {{{x}}} {{&x}}',
      '&lt;a b&#x3D;&quot;&#x27;&#x60;&amp;&quot;&gt; <a b="\'`&"> <a b="\'`&">',
      { x: '<a b="\'`&">' },
      { escape: 'html' },
    ],
    ['/q?x={{x}}', '/q?x=a%20b%26%EF%BF%BD', { x: 'a b&\ud800' }, { escape: 'url' }],
    ['{{x}}', '<', { x: '<' }],
  ],
  partials: [
    ['{{> p}}', 'Ada', person, { partials: { p: '{{input.name}}' } }],
    ['{{> a/b input n=1}}', 'Ada1', person, { partials: { 'a/b': '{{name}}{{n}}' } }],
    ['x\n  {{> p}}\ny', 'x\n  1\n  2\ny', {}, { partials: { p: '1\n2\n' } }],
    ['{{#*inline "p"}}[{{name}}]{{/inline}}{{> p input}}', '[Ada]', person],
    ['{{#> nope}}fallback{{/nope}}', 'fallback'],
    ['{{#> p}}{{input.name}}{{/p}}', '<Ada>', person, { partials: { p: '<{{> @partial-block}}>' } }],
    [
      '{{#each input.langs as |l|}}{{#> p}}{{l}}{{/p}}{{/each}}',
      '<en><fr>',
      person,
      { partials: { p: '<{{> @partial-block}}>' } },
    ],
    [
      '{{#> p}}{{#*inline "nav"}}N{{/inline}}body{{/p}}',
      'N|body',
      {},
      { partials: { p: '{{> nav}}|{{> @partial-block}}' } },
    ],
    [
      '{{> tree t}}',
      '1(2(3))',
      { t: { v: 1, c: { v: 2, c: { v: 3 } } } },
      { partials: { tree: '{{v}}{{#if c}}({{> tree c}}){{/if}}' } },
    ],
  ],
  choosing: [
    ['{{default input.x "none"}}{{default input.nil "null"}}{{default input.zero 1}}', 'nonenull0', person],
    ['{{eq 1 1}}{{eq 1 "1"}}{{ne 1 2}}{{eq a b}}', 'truefalsetruetrue', { a: { x: [1] }, b: { x: [1] } }],
    ['{{gt 2 1}}{{gte 1 1}}{{lt "a" "b"}}{{lte 2 1}}{{gt nope 1}}', 'truetruetruefalsefalse'],
    ['{{and 1 0}}{{or "" "b"}}{{not nope}}{{#if (and input.name (not input.no))}}y{{/if}}', '0btruey', person],
    ['{{lookup input "name"}}{{lookup input.langs 0}}', 'Adaen', person],
    ['{{#if (lookup input key)}}y{{else}}n{{/if}}', 'n', { ...person, key: 'none' }],
  ],
  text: [
    ['{{upper "a"}}{{lower "B"}}{{trim "  c "}}{{replace "a.b.c" "." "-"}}', 'Abca-b-c'],
    ['{{truncate "abcdef" 4}} {{truncate "abcdef" 4 end=""}} {{truncate "ab" 4}}', 'abc… abcd ab'],
    ['{{join input.langs "+"}} {{join (split "a b" " ")}}', 'en+fr a, b', person],
    ['{{json input.langs indent=2}}', '[\n  "en",\n  "fr"\n]', person],
  ],
  numbers: [
    ['{{round 1.005 2}} {{round -2.5}} {{round 2.4}}', '1.01 -3 2'],
    ['{{add 1 2}} {{subtract 1 2}} {{multiply 3 4}} {{divide 1 4}}', '3 -1 12 0.25'],
    ['{{percent 0.256 digits=1}} {{percent 0.5}}', '25.6% 50%'],
    ['{{number 1234567.5 digits=2 group=","}} {{number 2 digits=1}}', '1,234,567.50 2.0'],
  ],
  lists: [
    ['{{length input.langs}} {{length "abc"}} {{first input.langs}} {{last input.langs}}', '2 3 en fr', person],
    ['{{sort xs}} {{reverse xs}} {{slice xs 1}} {{slice xs 0 -1}}', '[1,2,3] [2,1,3] [1,2] [3,1]', { xs: [3, 1, 2] }],
    ['{{#each (sort ps by="n")}}{{n}}{{/each}}', '12', { ps: [{ n: 2 }, { n: 1 }] }],
    ['{{includes input.langs "fr"}}{{includes "abc" "d"}}', 'truefalse', person],
  ],
  dates: [
    ['{{date "2024-02-29T23:30:00-01:00" "ddd D MMMM YYYY, HH:mm:ss Z"}}', 'Fri 1 March 2024, 00:30:00 Z'],
    [
      '{{date 0}} {{date -1 "YYYY-MM-DD HH:mm:ss.SSS"}} {{date "2000-01-01" "[day] D dddd"}}',
      '1970-01-01 1969-12-31 23:59:59.999 day 1 Saturday',
    ],
  ],
  'helpers of the caller': [
    [
      '{{shout input.name mark="?"}}',
      'ADA?',
      person,
      { helpers: { shout: ([text], { hash }) => `${String(text).toUpperCase()}${hash['mark']}` } },
    ],
    ['{{now}}', '7', {}, { helpers: { now: () => 7 } }],
    [
      '{{#twice input as |n|}}{{name}}{{n}} {{/twice}}',
      'Ada1 Ada2 ',
      person,
      { helpers: { twice: ([c = null], { block }) => `${block?.(c, [1])}${block?.(c, [2])}` } },
    ],
    ['{{#never}}a{{else}}b{{/never}}', 'b', {}, { helpers: { never: (_, { otherwise }) => otherwise?.() } }],
  ],
}

for (const [name, rows] of Object.entries(tables)) {
  describe(name, () => {
    for (const [template, text, scope = {}, options = {}] of rows) {
      test(`${JSON.stringify(template)} renders ${JSON.stringify(text)}`, () => {
        const compiled = compile(template, options)

        expect(compiled.render(scope)).toBe(text)
      })
    }
  })
}

const mistakes: readonly (readonly [
  template: string,
  message: string,
  line: number,
  column: number,
  options?: CompileOptions,
])[] = [
  ['a\n {{#each xs}}\nb', '{{#each xs}}, opened on line 2, is not closed: write {{/each}}', 2, 2],
  ['{{#if a}}\n{{/each}}', '{{/each}} cannot close {{#if a}}, opened on line 1: write {{/if}} first', 2, 1],
  ['{{#if a}}{{else}}{{else}}{{/if}}', 'This block has its {{else}} already: nothing but its end may follow', 1, 18],
  ['{{/if}}', '{{/if}} closes nothing: no block is open here', 1, 1],
  ['{{else}}', '{{else}} stands outside of a block', 1, 1],
  ['{{ a + b }}', '{{ }} inserts, it does not compute: write {{= a + b }}', 1, 6],
  ['{{ a - b }}', '{{ }} inserts, it does not compute: write {{= a - b }}', 1, 6],
  ['{{ a ? 1 : 2 }}', '{{ }} inserts, it does not compute: write {{= a ? 1 : 2 }}', 1, 6],
  [
    '{{#if a == 1}}{{/if}}',
    'A block takes a path or a helper in parentheses: write {{#if (eq a "b")}} or the like',
    1,
    9,
  ],
  ['{{ size(a) }}', '{{ }} inserts, it does not compute: write {{= size(a) }}', 1, 8],
  ['{{ a | upper }}', 'There are no pipes: a helper stands before its value, as in {{ upper input.name }}', 1, 6],
  ['{{#each a as x}}{{/each}}', 'Block parameters stand between bars: write "as |item|"', 1, 11],
  ['{{ if a }}', '"if" is a block: write {{#if …}}…{{/if}}', 1, 4],
  ['${{ a }}', 'Write {{ }} without the "$" before it; for a dollar sign before a value write {{"$"}}', 1, 1],
  ['{{ uper a }}', 'There is no helper "uper". Did you mean "upper"?', 1, 4],
  ['{{#eech a}}{{/eech}}', 'There is no helper "eech". Did you mean "each"?', 1, 4],
  ['{{ round }} {{round 1 2 3}}', 'The helper round was given 3 arguments: write (round number digits)', 1, 15],
  ['{{ number 1 digit=2 }}', 'The helper number has no option "digit": write (number value digits=2 group=",")', 1, 13],
  ['{{ a', 'This tag is not closed: write "}}"', 1, 1],
  ['{{}}', 'This tag is empty: write a path or a helper between the braces', 1, 3],
  ['{{ "a }}', 'This text is not closed: write " at its end', 1, 4],
  ['{{! a', 'This comment is not closed: write "}}"', 1, 1],
  ['{{ a. }}', 'A name must follow the "." of this path', 1, 6],
  ['{{ a.this }}', '"this" may stand only at the beginning of a path', 1, 6],
  ['{{ a.?b }}', 'Optional access is CEL: write {{ default a.b "…" }}', 1, 6],
  ['{{ @indx }}', 'There is no "@indx": did you mean "@index"?', 1, 4],
  ['{{ @index }}', '"@index" exists only inside {{#each}}', 1, 4],
  ['{{ ../a }}', '"../a" leads out of the template: there is no block around to leave', 1, 4],
  ['{{> nvav}}', 'There is no partial "nvav". Did you mean "nav"?', 1, 5, { partials: { nav: '' } }],
  [
    '{{> nav}}',
    'In the partial "nav": {{#if a}}, opened on line 2, is not closed: write {{/if}}',
    2,
    1,
    { partials: { nav: '\n{{#if a}}' } },
  ],
  ['{{= 1 + 1 }}', '{{= }} cannot be used here: nothing computes expressions in this text', 1, 1],
]

describe('a syntax error', () => {
  for (const [template, message, line, column, options = {}] of mistakes) {
    test(`in ${JSON.stringify(template)} says ${message}`, () => {
      const compiling = () => compile(template, options)

      const position = expect.objectContaining({ line, column })
      expect(compiling).toThrow(expect.objectContaining({ code: 'template_syntax', message, position }))
    })
  }
})

const failures: readonly (readonly [template: string, code: string, message: string, column: number, scope?: Scope])[] =
  [
    [
      'a {{ input.nmae }}',
      'missing_reference',
      'Cannot read "input.nmae": there is no "nmae" in "input". Did you mean "name"?',
      6,
      person,
    ],
    [
      '{{ inptu }}',
      'missing_reference',
      'Cannot read "inptu": there is no "inptu" here. Did you mean "input"?',
      4,
      person,
    ],
    [
      '{{ input.langs.5 }}',
      'missing_reference',
      'Cannot read "input.langs.5": the list in "input.langs" has 2 items',
      4,
      person,
    ],
    [
      '{{ input.nil.x }}',
      'missing_reference',
      'Cannot read "input.nil.x": "input.nil" is null, which has no "x"',
      4,
      person,
    ],
    [
      '{{#each input.langs}}{{input.name}}{{/each}}',
      'missing_reference',
      'Cannot read "input.name": the value here is the text "en", which has no "input". Inside this block write "@root.input.name"',
      24,
      person,
    ],
    ['{{#each nope}}{{/each}}', 'missing_reference', 'Cannot read "nope": there is no "nope" here', 9, person],
    ['{{upper nope}}', 'missing_reference', 'Cannot read "nope": there is no "nope" here', 9, person],
    [
      '{{lookup input "nmae"}}',
      'missing_reference',
      'Cannot read "lookup input "nmae"": there is no "nmae" here. Did you mean "name"?',
      3,
      person,
    ],
    [
      '{{#each input.name}}{{/each}}',
      'evaluation_failed',
      'Cannot loop over "input.name": each needs a list or an object, this is the text "Ada"',
      9,
      person,
    ],
    [
      '{{ round input.name }}',
      'evaluation_failed',
      'Cannot compute "round": a number is needed, this is the text "Ada"',
      4,
      person,
    ],
    ['{{ divide 1 0 }}', 'evaluation_failed', 'Cannot compute "divide": nothing can be divided by 0', 4],
    [
      '{{ date "2023-02-29" }}',
      'evaluation_failed',
      'Cannot compute "date": there is no such date: the text "2023-02-29"',
      4,
    ],
  ]

describe('render()', () => {
  for (const [template, code, message, column, scope = {}] of failures) {
    test(`of ${JSON.stringify(template)} throws ${code}: ${message}`, () => {
      const compiled = compile(template)

      const position = expect.objectContaining({ column })
      expect(() => compiled.render(scope)).toThrow(expect.objectContaining({ code, message, position }))
    })
  }
})

import { describe, expect, test } from 'vitest'
import { compile, type Scope, translateGoTemplate } from '../index.ts'

const scope: Scope = {
  input: {
    city: 'Oslo',
    tags: ['b', 'a'],
    empty: [],
    none: null,
    zero: 0,
    n: 7,
    name: "O'Neil <x>",
    json: '{"a":[1]}',
    csv: 'x,y',
  },
  people: [
    { name: 'Ada', age: 36, langs: ['en'] },
    { name: 'Bob', age: 41, langs: [] },
  ],
  ages: { ada: 36, bob: 41 },
  ok: true,
}

/** What Go's text/template writes, worked out by hand. */
const rows: readonly (readonly [go: string, text: string])[] = [
  // Values and pipelines
  ['plain', 'plain'],
  ['{{ .input.city }}', 'Oslo'],
  ['{{.input.city|upper}} {{ .input.city | lower | printf "%s!" }}', 'OSLO oslo!'],
  ['{{ "lit" }}{{ `raw "q"` }}{{ 1 }}{{ true }}{{ -2.5 }}', 'litraw "q"1true-2.5'],
  ['{{ "a\\tb\\"c" }}', 'a\tb"c'],
  ['{{ $.input.city }}', 'Oslo'],
  ['{{ (index .people 0).name }} {{ index .people 1 "name" }} {{ index .ages "ada" }}', 'Ada Bob 36'],
  ['{{ "{{" }} .x }}', '{{ .x }}'],
  // Texts that would mean something here
  ['C:\\{{ .input.city }}', 'C:\\Oslo'],
  ['a\\\\{{ .input.city }}', 'a\\\\Oslo'],
  ['${{ .input.n }} {x} ${HOME}', '$7 {x} ${HOME}'],
  ['{ {{- .input.n -}} }', '{7}'],
  // Whitespace
  ['a {{- .input.n -}} b', 'a7b'],
  ['a {{- "" }} b', 'a b'],
  ['a\n{{ if .ok }}\nb\n{{ end }}\nc', 'a\n\nb\n\nc'],
  ['a\n{{- if .ok }}\nb\n{{- end }}\nc', 'a\nb\nc'],
  ['a\n{{ if .ok -}}\n  b\n{{ end -}}\nc', 'a\nb\nc'],
  ['{{ range .input.tags }}\n- {{ . }}\n{{ end }}\n', '\n- b\n\n- a\n\n'],
  ['a\n{{/* note */}}\nb', 'a\n\nb'],
  ['a\n{{- /* note */ -}}\nb', 'ab'],
  ['{{ if .ok }}\nx\n{{ else }}\ny\n{{ end }}', '\nx\n'],
  ['{{ if not .ok }}\nx\n{{ else }}\ny\n{{ end }}', '\ny\n'],
  // Conditions
  ['{{ if .input.empty }}y{{ else }}n{{ end }}{{ if .input.zero }}y{{ else }}n{{ end }}', 'nn'],
  ['{{ if and .ok (gt .input.n 5) }}y{{ end }}', 'y'],
  ['{{ if eq .input.city "Rome" }}r{{ else if eq .input.city "Oslo" "Bergen" }}o{{ else }}x{{ end }}', 'o'],
  ['{{ if eq .input.city "A" }}a{{ else if eq .input.city "B" }}b{{ else if .ok }}c{{ end }}', 'c'],
  ['{{ if or .input.none .input.zero }}y{{ else }}n{{ end }}', 'n'],
  [
    '{{ ne 1 2 }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt 1 2 }} {{ ge 1 2 }} {{ not true }}',
    'true true true false false false',
  ],
  ['{{ and 1 0 }} {{ or 0 "x" }} {{ ternary "a" "b" .ok }} {{ .ok | ternary "a" "b" }}', '0 x a a'],
  // Loops and contexts
  ['{{ range .people }}{{ .name }}:{{ $.input.n }};{{ end }}', 'Ada:7;Bob:7;'],
  ['{{ range $i, $p := .people }}{{ $i }}={{ $p.name }}/{{ .age }} {{ end }}', '0=Ada/36 1=Bob/41 '],
  ['{{ range $p := .people }}{{ $p.name }}{{ end }}', 'AdaBob'],
  ['{{ range $k, $v := .ages }}{{ $k }}={{ $v }};{{ end }}', 'ada=36;bob=41;'],
  ['{{ range .input.empty }}x{{ else }}none{{ end }}', 'none'],
  ['{{ range .people }}{{ range .langs }}{{ . }}{{ else }}-{{ end }}{{ end }}', 'en-'],
  ['{{ with .input }}{{ .city }}{{ end }}{{ with .input.none }}x{{ else }}no{{ end }}', 'Oslono'],
  ['{{ with $c := .input.city }}{{ $c }}{{ . }}{{ end }}', 'OsloOslo'],
  ['{{ $c := .input.city }}{{ $c }} {{ range .people }}{{ $c }}{{ .name }} {{ end }}', 'Oslo OsloAda OsloBob '],
  ['{{ $n := add .input.n 1 }}{{ range .people }}{{ $n }}{{ with .name }}{{ $n }}{{ end }}{{ end }}', '8888'],
  ['{{ range .people }}{{ $who := .name }}{{ range .langs }}{{ $who }}{{ . }}{{ end }}{{ end }}', 'Adaen'],
  ['{{ define "row" }}<{{ .name }}>{{ end }}{{ range .people }}{{ template "row" . }}{{ end }}', '<Ada><Bob>'],
  ['{{ define "a/b" }}\n{{ .city }}\n{{ end }}x{{ template "a/b" .input }}y', 'x\nOslo\ny'],
  // Functions
  ['{{ .input.city | upper }}{{ lower "AB" }}{{ trim "  c " }}{{ title "ab cd" }}', 'OSLOabcAb Cd'],
  ['{{ default "d" .input.none }} {{ .input.zero | default 5 }} {{ .input.city | default "x" }}', 'd 5 Oslo'],
  ['{{ join ", " .input.tags }} {{ .input.tags | join "-" }}', 'b, a b-a'],
  ['{{ (split "," .input.csv)._1 }}{{ index (splitList "," .input.csv) 0 }}', 'yx'],
  ['{{ replace "o" "0" "foo" }}{{ "foo" | replace "f" "b" }}', 'f00boo'],
  [
    '{{ contains "sl" .input.city }} {{ hasPrefix "Os" .input.city }} {{ hasSuffix "x" .input.city }}',
    'true true false',
  ],
  ['{{ toJson .input.tags }} {{ (fromJson .input.json).a }}', '["b","a"] [1]'],
  ['{{ quote .input.city }} {{ .input.csv | quote }}', '"Oslo" "x,y"'],
  ['{{ index (list 1 2 3) 1 }} {{ (dict "a" 1 "b" 2).b }} {{ len .input.tags }} {{ len "abc" }}', '2 2 2 3'],
  ['{{ add 1 2 3 }} {{ sub 5 2 }} {{ mul 2 3 4 }} {{ div 7 2 }} {{ div -7 2 }} {{ mod 7 3 }}', '6 3 24 3 -3 1'],
  ['{{ first .input.tags }}{{ last .input.tags }}', 'ba'],
  ['{{ htmlEscape .input.name }} {{ html "a&b" }}', 'O&#39;Neil &lt;x&gt; a&amp;b'],
  ['{{ jsEscape .input.name }}', "O\\'Neil \\u003Cx\\u003E"],
  [
    '{{ printf "%s-%d-%.2f-%q-%5d|%-5s|%05d|%t|%v|%x|%%" "a" 7 1.5 "q" 42 "ab" 42 true "v" 255 }}',
    'a-7-1.50-"q"-   42|ab   |00042|true|v|ff|%',
  ],
  ['{{ printf "%+d %6.1f" 5 3.14159 }}', '+5    3.1'],
  ['{{ .input.city | printf "%s and %s" "x" }}', 'x and Oslo'],
]

describe('translateGoTemplate()', () => {
  test.each(rows)('makes of %j a template that writes what Go writes', (go, expected) => {
    const { text, notes } = translateGoTemplate(go)

    expect(notes.filter(({ severity }) => severity !== 'info')).toEqual([])
    expect(compile(text).render(scope), text).toBe(expected)
  })

  test('keeps simple templates simple', () => {
    expect(translateGoTemplate('Hi {{ .input.city | upper }}, {{ $.a.b }}').text).toBe(
      'Hi {{upper input.city}}, {{@root.a.b}}',
    )
  })

  test.each([
    ['a {{ now }} b', '"now"', 5],
    ['{{ .x | frobnicate }}', '"frobnicate"', 8],
    ['{{ $x := 1 }}{{ $x = 2 }}', 'set again', 16],
    ['{{ range .xs }}{{ break }}{{ end }}', 'cannot be left', 15],
    ['{{ block "a" . }}x{{ end }}', '{{define}}', 0],
    ['{{ .x.Method 1 }}', 'methods cannot be called', 3],
    ['{{ print 1 2 }}', 'spaces', 3],
    ['{{ $nope }}', '"$nope"', 3],
    ['{{ if .x }}', 'not closed', 0],
    ['{{ end }}', 'no block', 0],
    ['{{ .x', 'not closed', 0],
    ['{{ upper 1 2 }}', 'takes 1 values', 3],
    ['{{ "a', 'not closed', 0],
    ['{{ .a # }}', 'cannot be read', 6],
  ])('tells of %j what it leaves out', (go, message, offset) => {
    const { text, notes } = translateGoTemplate(go)

    const error = notes.find(({ severity }) => severity === 'error')
    expect(error).toMatchObject({ message: expect.stringContaining(message) })
    expect(error?.position.offset).toBe(offset)
    if (text !== go) expect(compile(text, { strict: false }).render({})).not.toContain('{{')
  })

  test.each([
    ['{{ toJson .x }}', 'sorts the keys'],
    ['{{ if .x }}{{ end }}', 'empty map'],
    ['{{ range .x }}{{ end }}', 'sorted keys'],
    ['{{ with .x }}{{ end }}', 'number 0'],
    ['{{ split "," .x }}', 'map with the keys'],
  ])('notes what differs for some values in %j', (go, message) => {
    expect(translateGoTemplate(go).notes).toEqual([
      expect.objectContaining({ severity: 'info', message: expect.stringContaining(message) }),
    ])
  })
})

import { tool } from '@wonder/sdk/tool'

const hello: { readonly [language: string]: string } = { en: 'Hello', de: 'Hallo', fr: 'Bonjour', es: 'Hola' }

export default tool({
  description: 'A greeting in one language.',
  input: { name: 'string', language: 'string' },
  output: { language: 'string', text: 'string' },
  // What it may reach, such as read: ['{{ input.path }}'] or net: ['api.example.com']. Nothing by default.
  permissions: {},
  run: ({ name, language }, { log }) => {
    const word = hello[language]
    if (word === undefined) throw new Error(`I do not know "${language}", only ${Object.keys(hello).join(', ')}`)
    log(`greeting ${name} in ${language}`)
    return { language, text: `${word}, ${name}!` }
  },
})

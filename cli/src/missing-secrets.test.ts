import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { missingSecrets, missingSecretsText } from './missing-secrets.ts'

const secrets = [
  { name: 'WONDER_TEST_IN_FILE', optional: false },
  { name: 'PATH', optional: false },
  { name: 'WONDER_TEST_NOWHERE', optional: false },
  { name: 'WONDER_TEST_PERHAPS', optional: true },
]

test('Secrets that neither the environment nor env_file has are missing, by name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wonder-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, '.env'), 'WONDER_TEST_IN_FILE=hidden\n')

  const missing = await missingSecrets({ secrets, envFile: '.env' }, folder)

  expect(missing.map(({ name }) => name)).toEqual(['WONDER_TEST_NOWHERE', 'WONDER_TEST_PERHAPS'])
  expect(missingSecretsText(missing)).toBe(
    'Secrets without a value here: WONDER_TEST_NOWHERE, WONDER_TEST_PERHAPS (may be missing)',
  )
})

test('An env_file that is not there has no values', async () => {
  const missing = await missingSecrets({ secrets, envFile: '.env' }, '/no/such/folder')

  expect(missing).toHaveLength(3)
})

test('Nothing is said when nothing is missing', async () => {
  expect(missingSecretsText(await missingSecrets({ secrets: [] }, '/'))).toBeUndefined()
})

export { type FormField, formFields } from './form-fields.ts'
export { type DiagnosticStyle, formatDiagnostic } from './format-diagnostic.ts'
export { generateSchemas } from './generate-schemas.ts'
export { loadProject } from './load-project.ts'
export { type InputProblem, type ParseInputOptions, parseInput } from './parse-input.ts'
export type {
  CompiledWorkflow,
  InputField,
  Loaded,
  LoadOptions,
  Project,
  ProjectSettings,
  ProjectSource,
  SecretName,
} from './project.ts'

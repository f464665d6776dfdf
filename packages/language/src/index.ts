export { type DiagnosticStyle, formatDiagnostic } from './format-diagnostic.ts'
export { loadProject } from './load-project.ts'
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

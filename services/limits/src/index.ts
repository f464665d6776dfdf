export { LimitsService } from './limits-service.ts'

export { CacheService } from './cache-service.ts'

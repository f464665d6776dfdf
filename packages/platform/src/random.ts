/**
 * Chance.
 *
 * G1 seed() is an integer in [0, 2^32), unpredictable in production, scripted in tests.
 */
export interface Random {
  seed(): number
}

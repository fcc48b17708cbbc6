/** Randomness that cannot be guessed, so that tests can repeat it. */
export interface Random {
  /** `bytes` random bytes, in `[0-9a-f]`. */
  hex(bytes: number): string;
  /** Uniform in [0, 1): for jitter only, never for secrets. */
  fraction(): number;
}

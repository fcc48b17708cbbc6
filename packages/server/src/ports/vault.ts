import type { DeviceSecrets, Ha1 } from "./records.ts";

/** The realm of every digest challenge of the ACS; kept in each {@link Ha1}, so it never changes. */
export const REALM = "heliograph";

/** Seals device credentials with the secret key, so that a copy of the store gives nobody away. */
export interface Vault {
  seal(secrets: DeviceSecrets): string;
  /** Throws {@link UnsealError} where the text was sealed with another key, or changed. */
  unseal(sealed: string): DeviceSecrets;
  /** What digest needs of a password in {@link REALM}. */
  ha1(username: string, password: string): Ha1;
  /** SHA-256, hexadecimal: tells whether two texts are the same without keeping them. */
  fingerprint(text: string): string;
}

export class UnsealError extends Error {
  override readonly name = "UnsealError";
  readonly code = "E_UNSEAL";
}

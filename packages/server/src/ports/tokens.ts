import type { DeviceKey } from "@heliograph/protocol";

/** What a token of the light transport says [LIGHT 2]. Times are milliseconds since 1970, whole seconds. */
export interface LightClaims {
  readonly device: DeviceKey;
  /** Of the device's row when the token was made. */
  readonly credentialVersion: number;
  /** When the device last authenticated by its own credentials. */
  readonly authTime: number;
  readonly expiresAt: number;
}

/** Makes tokens; engines hold it. */
export interface TokenMinter {
  mint(claims: LightClaims): Promise<string>;
}

/** Reads tokens by public keys alone; gateways hold it. */
export interface TokenVerifier {
  /** The claims of a token that was minted for the light transport and has not expired at `now`, else undefined. */
  verify(token: string, now: number): Promise<LightClaims | undefined>;
}

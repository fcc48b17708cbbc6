import { grouped, groupedEntries, type DeviceKey, type ParameterValues } from "@heliograph/protocol";
import type { Clock, DeviceCall, LightOffer, LightToken, Store, TokenMinter } from "../ports/index.ts";

const SECOND_MS = 1_000;
/** A reference is used at once; a device that tries again within ten minutes needs no other [LIGHT 2]. */
const REFERENCE_MS = 600 * SECOND_MS;
/** A connection that lasts renews its token in time; one that broke comes back with it [LIGHT 2]. */
const ATTACH_MS = 24 * 3_600 * SECOND_MS;
/** Nobody lives on tokens alone: once a week a device shows its own credentials [LIGHT 2]. */
const LONGEST_MS = 7 * 24 * 3_600 * SECOND_MS;

/** Reads back empty, and is kept by nobody who reads it all the same. */
const TOKEN_LEAF = "X_HELIOGRAPH_WebSocketToken";

interface Holder {
  readonly device: DeviceKey;
  readonly credentialVersion: number;
}

/** The token of a reference, for a device that has just authenticated. */
export function referenceToken(tokens: TokenMinter, holder: Holder, now: number): Promise<LightToken> {
  return mint(tokens, { ...holder, authTime: now }, { now, expiresAt: now + REFERENCE_MS });
}

/** The token that an Attach renews; never longer than a week from the device's own credentials. */
export function attachToken(
  tokens: TokenMinter,
  holder: Holder & { readonly authTime: number },
  now: number,
): Promise<LightToken> {
  return mint(tokens, holder, { now, expiresAt: Math.min(now + ATTACH_MS, holder.authTime + LONGEST_MS) });
}

/** The RPC that gives a reference to a device that takes it as parameters. `root` is its root object with the dot. */
export function referenceCall(root: string, { url }: LightOffer, { token }: LightToken): DeviceCall {
  const leaves = { X_HELIOGRAPH_WebSocketURL: url, [TOKEN_LEAF]: token };
  return {
    method: "SetParameterValues",
    params: { ParameterList: { [`${root}ManagementServer.`]: leaves } },
  };
}

export interface ReferencePorts {
  readonly store: Store;
  readonly tokens: TokenMinter;
  readonly clock: Clock;
}

/** The call that gives a device its reference; its token is never stored. Undefined for a device whose root is not known. */
export async function newReference(
  key: DeviceKey,
  offer: LightOffer,
  { store, tokens, clock }: ReferencePorts,
): Promise<DeviceCall | undefined> {
  const device = await store.device(key);
  if (device?.facts.root === undefined) return undefined;
  const { credentialVersion } = device;
  const token = await referenceToken(tokens, { device: key, credentialVersion }, clock.now());
  return referenceCall(device.facts.root, offer, token);
}

/** What a device reported, without a token that it should not have told [LIGHT 1.2]. */
export function withoutTokens(values: ParameterValues): ParameterValues {
  const isTold = Object.values(values).some((leaves) => Object.hasOwn(leaves, TOKEN_LEAF));
  if (!isTold) return values;
  return grouped([...groupedEntries(values)].filter(([path]) => !path.endsWith(`.${TOKEN_LEAF}`)));
}

async function mint(
  tokens: TokenMinter,
  holder: Holder & { readonly authTime: number },
  { now, expiresAt }: { readonly now: number; readonly expiresAt: number },
): Promise<LightToken> {
  const token = await tokens.mint({ ...holder, expiresAt });
  return { token, expiresIn: Math.max(0, Math.floor((expiresAt - now) / SECOND_MS)) };
}

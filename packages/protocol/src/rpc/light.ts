import { rpc } from "./definition.ts";
import { boolean, defaulted, map, optional, struct, text, unsignedInt, type StructOf } from "./field.ts";
import type { Answer, Request } from "./table.ts";

const EPOCH_CHARS = 64;
/** Tokens are signed; ours have about 400 characters. */
const TOKEN_CHARS = 4096;

/** Where a subscriber stands in a channel [LIGHT 6]. */
const position = { Epoch: text(EPOCH_CHARS), Offset: unsignedInt() };

/** What the light transport adds to the methods that a device calls on the ACS [LIGHT 3]. */
export const lightRpcs = {
  /** Begins the use of a connection, or renews its token and limits. */
  Attach: rpc({
    since: "1.0",
    resend: "freely",
    request: {
      MaxInFlight: optional(unsignedInt()),
      MaxMessageBytes: optional(unsignedInt()),
      KeepAlive: defaulted(boolean()),
      ReplayWindow: defaulted(unsignedInt()),
      Channels: optional(map(struct(position))),
      /** Reserved. */
      Deflate: defaulted(boolean()),
    },
    answer: {
      Session: text(64),
      Token: text(TOKEN_CHARS),
      /** Seconds. */
      ExpiresIn: unsignedInt(),
      /** Seconds. */
      PingInterval: unsignedInt(),
      MaxInFlight: unsignedInt(),
      MaxMessageBytes: unsignedInt(),
      Channels: optional(map(struct({ ...position, Recovered: boolean() }))),
    },
  }),
};

export type LightMethod = keyof typeof lightRpcs;
export type LightParams<M extends LightMethod> = StructOf<(typeof lightRpcs)[M]["request"]>;
export type LightResult<M extends LightMethod> = StructOf<(typeof lightRpcs)[M]["answer"]>;

/** One RPC of the light transport's own that a device asks of the ACS. */
export type LightRequest = { [M in LightMethod]: Request<M, LightParams<M>> }[LightMethod];

/** How the ACS answers one that went well. */
export type LightAnswer = { [M in LightMethod]: Answer<M, LightResult<M>> }[LightMethod];

export function isLightMethod(name: string): name is LightMethod {
  return Object.hasOwn(lightRpcs, name);
}

import { acsRpcs, lightRpcs, stompSubprotocols, stompVersions } from "@heliograph/protocol";
import type { StompVersion } from "@heliograph/protocol";
import type { LightBinding, LightCodec, Opened } from "./codec.ts";
import { StompCodec } from "./stomp-codec.ts";
import type { StompBounds } from "./stomp-codec.ts";

/** STOMP of one version: the subprotocol that carries transactions [LIGHT 5]. */
export function stompBinding(version: StompVersion, bounds: StompBounds): LightBinding {
  return {
    subprotocol: stompSubprotocols[version],
    ways: { methods: Object.keys({ ...acsRpcs, ...lightRpcs }), connects: true },
    open: (opened) => new StompCodec([version], bounds, opened),
  };
}

/** STOMP where no WebSocket has named the version: CONNECT does. */
export function openStompStream(bounds: StompBounds, opened: Opened): LightCodec {
  return new StompCodec(stompVersions, bounds, opened);
}

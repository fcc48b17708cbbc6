import type { LightBinding } from "./binding.ts";
import { jsonBinding } from "./json-binding.ts";
import { isSubprotocol } from "./light-options.ts";
import type { Subprotocol } from "./light-options.ts";
import { soapBinding } from "./soap-binding.ts";
import { stompBinding } from "./stomp-binding.ts";

const bindings: Readonly<Record<Subprotocol, LightBinding>> = {
  "cwmp.json": jsonBinding,
  "cwmp.soap": soapBinding,
  "v12.stomp": stompBinding,
};

/** How a subprotocol is spoken; undefined for one that no device here speaks. */
export function bindingOf(subprotocol: string): LightBinding | undefined {
  return isSubprotocol(subprotocol) ? bindings[subprotocol] : undefined;
}

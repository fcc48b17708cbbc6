import { routes } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { MAX_TAGS } from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { unknownDevice } from "./device-handlers.ts";
import { refuse } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showDevice } from "./show-device.ts";

/** Tags that people give to devices. */
export function tagHandlers(ports: NorthboundPorts) {
  return {
    addTag: serve(routes.addTag, ({ input: { params }, manager }) =>
      setTags(ports, { key: params.key, add: [params.tag], remove: [], manager }),
    ),

    removeTag: serve(routes.removeTag, ({ input: { params }, manager }) =>
      setTags(ports, { key: params.key, add: [], remove: [params.tag], manager }),
    ),
  };
}

interface TagWish {
  readonly key: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly manager: Manager;
}

async function setTags(ports: NorthboundPorts, { key, add, remove, manager }: TagWish) {
  const { store, clock } = ports;
  const device = parseDeviceKey(key);
  if (device === undefined) return unknownDevice(key);
  const at = clock.now();
  const audit = { at, manager: manager.name, action: "set-tags", device, detail: { add, remove } };
  const { held } = await store.commit("set-tags", { device, add, remove, at, audit });
  const known = await store.device(device);
  if (known === undefined) return unknownDevice(key);
  return held
    ? give(200, showDevice(known, clock.now()))
    : refuse("too-many-tags", `the device has ${MAX_TAGS} tags: take one that nobody needs`);
}

import { parseDeviceKey } from "@heliograph/protocol";
import {
  serveAny,
  subjects,
  type AnyEngine,
  type RelieveAsk,
  type RelieveReply,
  type Subscription,
} from "../ports/index.ts";
import type { Devices } from "./devices.ts";
import type { EnginePorts } from "./engine-ports.ts";

interface Serving {
  readonly owned: Devices;
  readonly ports: EnginePorts;
}

/** Serves a person who says that a device is not to be left alone any more. */
export function serveRelief(any: AnyEngine, serving: Serving): readonly Subscription[] {
  return serveAny(any, subjects.everyRelieve, (ask, subject) => relieve(ask, subject, serving));
}

async function relieve(
  { manager }: RelieveAsk,
  subject: string,
  { owned, ports: { store, clock } }: Serving,
): Promise<RelieveReply> {
  const device = parseDeviceKey(subject.split(".").at(-2) ?? "");
  if (device === undefined) return { type: "unknown-device" };
  const at = clock.now();
  const { held } = await store.commit("relieve-device", {
    device,
    audit: { at, manager, action: "relieve-device", device, detail: {} },
    events: [{ at, device, name: "relieved", data: {} }],
  });
  if (!held) return { type: "unknown-device" };
  await owned.tell(device, { type: "relieved", now: at });
  return { type: "relieved" };
}

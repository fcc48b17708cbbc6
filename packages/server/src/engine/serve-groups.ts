import {
  serveAny,
  subjects,
  type AcceptAllAsk,
  type AcceptAllReply,
  type AcceptOperation,
  type AnyEngine,
  type Subscription,
} from "../ports/index.ts";
import { checkAsk, type AcceptSettings } from "./accept.ts";
import { authorise } from "./authorise.ts";
import type { Devices } from "./devices.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { heldByPolicy } from "./policies/held-by-policy.ts";
import { REFUSALS } from "./serve-rpcs.ts";

interface Serving {
  readonly owned: Devices;
  readonly ports: EnginePorts;
  readonly settings: AcceptSettings;
}

/** Serves what is asked for of several devices at once: it is stored as one, and then each device goes its way. */
export function serveGroups(any: AnyEngine, serving: Serving): readonly Subscription[] {
  return serveAny(any, subjects.acceptAll, (ask) => acceptAll(ask, serving));
}

async function acceptAll({ operations }: AcceptAllAsk, serving: Serving): Promise<AcceptAllReply> {
  const { owned, ports, settings } = serving;
  const changes: AcceptOperation[] = [];
  for (const { device, ...asked } of operations) {
    const authorised = await authorise(device, { ...asked, waitMs: 0 }, ports);
    if (authorised.type === "refused") {
      return { type: "refused", device, reason: "not-allowed", detail: authorised.detail };
    }
    const { ask, ...bounds } = authorised;
    const held = await heldByPolicy(device, ask, ports.store);
    if (held !== undefined) return { type: "refused", device, reason: "held-by-policy", detail: held };
    const checked = checkAsk(device, ask, { ports, settings, ...bounds });
    if (checked.type === "bad-request") {
      return { type: "refused", device, reason: "bad-request", detail: checked.detail };
    }
    changes.push(uninterrupted(checked.change));
  }
  const accepted = await owned.acceptAll(changes);
  return accepted.type === "accepted" ? accepted : { detail: REFUSALS[accepted.reason], ...accepted };
}

/** Operations that only read run side by side; several calls that were asked for together run on their own [LIGHT 5]. */
function uninterrupted(change: AcceptOperation): AcceptOperation {
  const { operation } = change;
  return { ...change, operation: { ...operation, reads: operation.reads && operation.rpcs.length === 1 } };
}

import { routes, type Lease as ShownLease } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import {
  leaseSentence,
  may,
  READING_METHODS,
  USUAL_LEASE_MS,
  type Lease,
  type Rights,
} from "../ports/index.ts";
import { unknownDevice } from "./device-handlers.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showTime } from "./show-time.ts";

const NOT_LEASED = "nobody holds the device";

/** Leases: one manager holds a device for a while, and only they write to it [LIGHT 7]. */
export function leaseHandlers({ store, clock }: NorthboundPorts) {
  return {
    getLease: serve(routes.getLease, async ({ input: { params } }) => {
      const lease = await goodLease(params.key);
      return lease === undefined ? refuse("not-leased", NOT_LEASED) : give(200, showLease(lease));
    }),

    takeLease: serve(routes.takeLease, async ({ input: { params, body }, manager }) => {
      const device = parseDeviceKey(params.key);
      if (device === undefined) return unknownDevice(params.key);
      if (!writes(manager.rights)) return refuse("not-allowed", "who only reads holds no device");
      const { seconds = USUAL_LEASE_MS / 1_000, reason = "" } = body;
      const at = clock.now();
      const endsAt = Math.min(at + seconds * 1_000, manager.expiresAt ?? Infinity);
      const lease: Lease = { device, holder: manager.name, reason, takenAt: at, endsAt };
      const detail = { ends: showTime(endsAt), reason };
      const audit = { at, manager: manager.name, action: "take-lease", device, detail };
      const taken = await store.commit("take-lease", { lease, audit });
      if (taken.type === "unknown-device") return unknownDevice(device);
      return taken.type === "held" ? leased(taken.lease) : give(200, showLease(taken.lease));
    }),

    endLease: serve(routes.endLease, async ({ input: { params }, manager }) => {
      const { name, rights } = manager;
      const lease = await goodLease(params.key);
      if (lease === undefined) return refuse("not-leased", NOT_LEASED);
      const { device, holder } = lease;
      const isBroken = holder !== name;
      const mayBreak = may(rights, { type: "act", act: "admit-devices", device }).type === "allowed";
      if (isBroken && !mayBreak) return leased(lease);
      const at = clock.now();
      const action = isBroken ? "break-lease" : "release-lease";
      const audit = { at, manager: name, action, device, detail: { holder } };
      const { held } = await store.commit("end-lease", { device, by: name, isBroken, at, audit });
      return held ? give(204, undefined) : refuse("not-leased", NOT_LEASED);
    }),
  };

  async function goodLease(key: string): Promise<Lease | undefined> {
    const device = parseDeviceKey(key);
    const lease = device === undefined ? undefined : await store.lease(device);
    return lease !== undefined && lease.endsAt > clock.now() ? lease : undefined;
  }
}

/** Whether there is anything from which somebody could keep others. */
function writes({ methods }: Rights): boolean {
  const reading: readonly string[] = READING_METHODS;
  return methods.type === "every" || methods.names.some((name) => !reading.includes(name));
}

function leased(lease: Lease): Refusal {
  return refuse("leased", leaseSentence(lease));
}

function showLease({ device, holder, reason, takenAt, endsAt }: Lease): ShownLease {
  return { device, holder, reason, taken: showTime(takenAt), ends: showTime(endsAt) };
}

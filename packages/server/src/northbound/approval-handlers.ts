import { routes, type Approval } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { subjects, type AuditEntry, type DecideClaim, type DeviceRecord } from "../ports/index.ts";
import { findDevice, unknownDevice } from "./device-handlers.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showDevice } from "./show-device.ts";

/** What a person decides: which devices may come in, and which claims on them are right. */
export function approvalHandlers(ports: NorthboundPorts) {
  return {
    approveDevice: serve(routes.approveDevice, async ({ input: { params }, manager }) => {
      const device = await findDevice(ports, params.key);
      return device !== undefined && isUndecided(device)
        ? approveClaim(ports, device, manager.name)
        : setApproval(ports, { key: params.key, approval: "approved", manager: manager.name });
    }),

    rejectDevice: serve(routes.rejectDevice, ({ input: { params }, manager }) =>
      setApproval(ports, { key: params.key, approval: "rejected", manager: manager.name }),
    ),

    rejectClaim: serve(routes.rejectClaim, async ({ input: { params }, manager }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      if (isUndecided(device)) return rejectClaim(ports, device, manager.name);
      return device.claim === undefined
        ? give(200, showDevice(device, ports.clock.now()))
        : claimApproved(params.key);
    }),
  };
}

interface ApprovalChange {
  readonly key: string;
  readonly approval: Exclude<Approval, "waiting">;
  readonly manager: string;
}

const ACTIONS = { approved: "approve-device", rejected: "reject-device" } as const;

/** Whoever holds a connection of a device that was approved until now is told to look again. */
async function setApproval(ports: NorthboundPorts, { key, approval, manager }: ApprovalChange) {
  const { bus, store, clock } = ports;
  const device = parseDeviceKey(key);
  if (device === undefined) return unknownDevice(key);
  const at = clock.now();
  const audit: AuditEntry = { at, manager, action: ACTIONS[approval], device, detail: {} };
  const events = [{ at, device, name: approval, data: {} }];
  const { held } = await store.commit("set-approval", { device, approval, audit, events });
  if (held && approval === "rejected") bus.publish(subjects.revoked, { device });
  return held ? show(ports, key) : unknownDevice(key);
}

type Claimed = DeviceRecord & Required<Pick<DeviceRecord, "claim">>;

function isUndecided(device: DeviceRecord): device is Claimed {
  return device.claim !== undefined && device.claim.approvedAt === undefined;
}

/** What opened connections of the device until now does so no more. */
async function approveClaim(ports: NorthboundPorts, device: Claimed, manager: string) {
  const { bus, store } = ports;
  const { key } = device;
  const decision = decide(ports, device, { manager, action: "approve-claim", event: "claim-approved" });
  const { held } = await store.commit("approve-claim", decision);
  if (!held) return claimDropped(key);
  bus.publish(subjects.revoked, { device: key });
  return show(ports, key);
}

async function rejectClaim(ports: NorthboundPorts, device: Claimed, manager: string) {
  const decision = decide(ports, device, { manager, action: "reject-claim", event: "claim-rejected" });
  const { held } = await ports.store.commit("reject-claim", decision);
  return held ? show(ports, device.key) : claimDropped(device.key);
}

function decide(
  { clock }: NorthboundPorts,
  { key: device, claim }: Claimed,
  how: { readonly manager: string; readonly action: string; readonly event: string },
): DecideClaim {
  const { manager, action, event: name } = how;
  const at = clock.now();
  const data = { address: claim.address, count: claim.count };
  return {
    device,
    claimedAt: claim.at,
    at,
    audit: { at, manager, action, device, detail: data },
    events: [{ at, device, name, data }],
  };
}

async function show(ports: NorthboundPorts, key: string) {
  const device = await findDevice(ports, key);
  return device === undefined ? unknownDevice(key) : give(200, showDevice(device, ports.clock.now()));
}

function claimDropped(key: string): Refusal {
  return refuse(
    "claim-dropped",
    `the claim was dropped or decided on meanwhile: GET /api/v1/devices/${key} says more`,
  );
}

function claimApproved(key: string): Refusal {
  return refuse(
    "claim-approved",
    `the claim is approved, and ${key} awaited; to keep it out, reject the device`,
  );
}

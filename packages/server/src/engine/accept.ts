import { decodeDeviceRequest, deviceRpc, type DeviceKey, type JsonObject } from "@heliograph/protocol";
import {
  grantOf,
  type AcceptOperation,
  type AuditEntry,
  type Clock,
  type DeviceCall,
  type Random,
  type RefreshPlan,
  type RpcAsk,
  type Vault,
  type OperationRecord,
} from "../ports/index.ts";
import { onlyReads, operationEvent } from "./operation.ts";
import type { DeviceState } from "./state.ts";
import { planTransfer } from "./transfer-plan.ts";

export interface AcceptSettings {
  /** Operations of one device that may be open at once. */
  readonly maxOpenOperations: number;
  /** How long an operation may wait for its device where the asker does not say. */
  readonly defaultExpiryMs: number;
  /** RPCs of one operation. */
  readonly maxRpcs: number;
  /** How long a device may take with a file, beyond the time that it is told to wait. */
  readonly transferMs: number;
}

interface AcceptPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly vault: Vault;
}

interface Checking {
  readonly ports: AcceptPorts;
  readonly settings: AcceptSettings;
  /** What a refresh goes by: its one RPC stands for those it takes. */
  readonly refresh?: RefreshPlan;
  /** What it writes over, for the audit log. */
  readonly written?: JsonObject;
  /** When the right to it ends, and with it the operation. */
  readonly until?: number;
}

export type Checked =
  | { readonly type: "checked"; readonly change: AcceptOperation }
  | { readonly type: "bad-request"; readonly detail: string };

/** Checks what was asked for, and makes it the change that stores it. CommandKeys that were left out are made here. */
export function checkAsk(device: DeviceKey, ask: RpcAsk, checking: Checking): Checked {
  const { ports, settings, refresh, written = {}, until = Infinity } = checking;
  const now = ports.clock.now();
  if (ask.rpcs.length === 0 || ask.rpcs.length > settings.maxRpcs) {
    return { type: "bad-request", detail: `an operation holds 1 to ${settings.maxRpcs} RPCs` };
  }
  const expiresAt = Math.min(until, ask.expiresAt ?? now + settings.defaultExpiryMs);
  if (expiresAt <= now)
    return { type: "bad-request", detail: "the operation would expire before it is stored" };
  const problem = refresh === undefined ? problemIn(ask.rpcs) : undefined;
  if (problem !== undefined) return { type: "bad-request", detail: problem };
  const rpcs = ask.rpcs.map((rpc) => withCommandKey(rpc, ports.random));
  const { id, manager, idempotencyKey, automatic } = ask;
  const transfer = planTransfer(rpcs, settings.transferMs);
  const reads = refresh !== undefined || onlyReads(rpcs);
  return {
    type: "checked",
    change: {
      operation: {
        id,
        device,
        rpcs,
        reads,
        manager,
        createdAt: now,
        expiresAt,
        ...(refresh === undefined ? {} : { refresh }),
        ...(transfer === undefined ? {} : { transfer }),
        ...(automatic === undefined ? {} : { automatic }),
      },
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      requestHash: ports.vault.fingerprint(JSON.stringify(ask.rpcs)),
      maxOpen: settings.maxOpenOperations,
      audit: auditOf(device, { ...ask, rpcs }, { at: now, written }),
      events: [operationEvent({ id, device }, "queued", now)],
    },
  };
}

function auditOf(
  device: DeviceKey,
  { id, manager, authority, rpcs }: RpcAsk,
  { at, written }: { readonly at: number; readonly written: JsonObject },
): AuditEntry {
  const grant = grantOf(authority);
  const detail = { operation: id, methods: rpcs.map((rpc) => rpc.method), ...written };
  return { at, manager, action: "call", device, detail, ...(grant === undefined ? {} : { grant }) };
}

function problemIn(rpcs: readonly DeviceCall[]): string | undefined {
  for (const [index, { method, params }] of rpcs.entries()) {
    const decoded = decodeDeviceRequest(method, params);
    if (!decoded.ok) return `rpcs[${index}] ${decoded.problem.at}: ${decoded.problem.detail}`;
  }
  return undefined;
}

function withCommandKey(rpc: DeviceCall, random: Random): DeviceCall {
  const takesOne = Object.hasOwn(deviceRpc(rpc.method)?.request ?? {}, "CommandKey");
  const isGiven = (rpc.params["CommandKey"] ?? "") !== "";
  return takesOne && !isGiven ? { ...rpc, params: { ...rpc.params, CommandKey: random.hex(16) } } : rpc;
}

/** The operation as the store will have it. */
export function expected({ operation }: AcceptOperation, { queue }: DeviceState): OperationRecord {
  const sequence = (queue.at(-1)?.sequence ?? 0) + 1;
  return { ...operation, sequence, state: "queued", outcomes: [], attempts: 0 };
}

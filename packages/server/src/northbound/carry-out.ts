import type { OperationRequest } from "@heliograph/api";
import { parseDeviceKey, type DeviceKey } from "@heliograph/protocol";
import {
  BusClosedError,
  operationId,
  RequestTimedOutError,
  subjects,
  type OperationId,
  type OperationRecord,
  type Random,
  type RpcAsk,
  type RpcReply,
} from "../ports/index.ts";
import { acceptRefusal } from "./accept-refusal.ts";
import type { Manager } from "./authentication.ts";
import { unknownDevice } from "./device-handlers.ts";
import { closing } from "./failure.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { give } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showOperation } from "./show-operation.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { visibleOperation } from "./visible.ts";
import { whileAdmitted } from "./while-admitted.ts";

/** For an engine to do what was asked, beyond what it was asked to wait, and for another one where the first stands still. */
export const ACCEPT_MS = 12_000;

/** What a manager wants of a device. */
export interface Wish extends Pick<RpcAsk, "rpcs" | "refresh"> {
  /** The device's key, as it came. */
  readonly device: string;
  /** Who asks. */
  readonly manager: Manager;
  readonly asking: Pick<OperationRequest, "wait" | "expires" | "automatic">;
  readonly idempotencyKey: string | undefined;
}

/** Has the engine make it an operation. `signal`: the northbound closes, and who waits is answered with what is known. */
export async function carryOut(ports: NorthboundPorts, wish: Wish, signal: AbortSignal) {
  const key = parseDeviceKey(wish.device);
  if (key === undefined) return unknownDevice(wish.device);
  const ask = askOf(wish, ports);
  if (isRefusal(ask)) return ask;
  using watched = whileAdmitted(wish.manager, ports);
  const ends = AbortSignal.any([signal, watched.over]);
  const operation = await askEngine(ports, { key, ask, signal: ends });
  if (watched.over.aborted) return refuse("unauthenticated", "what you ask by was revoked or changed");
  if (isRefusal(operation)) return operation;
  const shown = showOperation(visibleOperation(wish.manager.rights, operation));
  if (operation.endedAt !== undefined) return give(200, shown);
  return give(202, shown, { location: `/api/v1/operations/${operation.id}` });
}

export function newOperationId(random: Random): OperationId {
  const id = operationId(random.hex(16));
  if (id === undefined) throw new Error("the random port gave no 32 hexadecimal digits");
  return id;
}

function askOf(
  { rpcs, refresh, manager, asking, idempotencyKey }: Wish,
  { clock, random }: NorthboundPorts,
): RpcAsk | Refusal {
  const { wait = 0, expires, automatic } = asking;
  const expiresAt = expiry(expires, clock.now());
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    return refuseInput("invalid-request", [
      { at: "$.expires", detail: "is past: give a time to come, or seconds" },
    ]);
  }
  return {
    id: newOperationId(random),
    rpcs,
    manager: manager.name,
    ...(manager.authority === undefined ? {} : { authority: manager.authority }),
    waitMs: Math.round(wait * 1000),
    ...(refresh === undefined ? {} : { refresh }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(automatic === undefined ? {} : { automatic }),
  };
}

function expiry(expires: OperationRequest["expires"], now: number): number | undefined {
  if (typeof expires === "number") return now + expires * 1000;
  return expires === undefined ? undefined : Date.parse(expires);
}

interface EngineAsk {
  readonly key: DeviceKey;
  readonly ask: RpcAsk;
  readonly signal: AbortSignal;
}

/** The operation as the engine left it, or as the store has it where the engine may not be waited for. */
async function askEngine(
  ports: NorthboundPorts,
  { key, ask, signal }: EngineAsk,
): Promise<OperationRecord | Refusal> {
  const timeoutMs = ask.waitMs + ACCEPT_MS;
  try {
    const reply = await unlessAborted(ports.bus.request(subjects.rpc(key), ask, { timeoutMs }), signal);
    if (reply !== undefined) return readReply(reply, key);
  } catch (error) {
    const isUncertain = error instanceof RequestTimedOutError || error instanceof BusClosedError;
    const stored = isUncertain ? await ports.store.operation(ask.id) : undefined;
    if (stored === undefined) throw error;
    return stored;
  }
  return (await ports.store.operation(ask.id)) ?? closing();
}

function readReply(reply: RpcReply, key: DeviceKey): OperationRecord | Refusal {
  return reply.type === "operation" ? reply.operation : acceptRefusal(reply.reason, reply.detail, key);
}

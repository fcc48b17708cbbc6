import { routes, type OperationRequest } from "@heliograph/api";
import { parseDeviceKey, type DeviceKey } from "@heliograph/protocol";
import {
  BusClosedError,
  operationId,
  RequestTimedOutError,
  subjects,
  type OperationId,
  type OperationQuery,
  type OperationRecord,
  type Random,
  type RpcAsk,
  type RpcReply,
} from "../ports/index.ts";
import { acceptRefusal } from "./accept-refusal.ts";
import { unknownDevice } from "./device-handlers.ts";
import { closing } from "./failure.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { checkCalls } from "./rpc-check.ts";
import { give, serve, type Asked } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showOperation } from "./show-operation.ts";
import { unlessAborted } from "./unless-aborted.ts";

const PAGE = 100;
/** For the engine to store what was asked, beyond what it was asked to wait. */
const ACCEPT_MS = 10_000;

/** `signal` says that the northbound closes: who waits is answered with what is known. */
export function operationHandlers(ports: NorthboundPorts, signal: AbortSignal) {
  const { store } = ports;
  return {
    createOperation: serve(routes.createOperation, async ({ input, manager }) => {
      const key = parseDeviceKey(input.params.key);
      if (key === undefined) return unknownDevice(input.params.key);
      const ask = readAsk(input, ports);
      if (isRefusal(ask)) return ask;
      const operation = await askEngine(ports, { key, signal, ask: { ...ask, manager: manager.name } });
      if (isRefusal(operation)) return operation;
      const shown = showOperation(operation);
      if (operation.endedAt !== undefined) return give(200, shown);
      return give(202, shown, { location: `/api/v1/operations/${operation.id}` });
    }),

    listOperations: serve(routes.listOperations, async ({ input: { query } }) => {
      const device = query.device === undefined ? undefined : parseDeviceKey(query.device);
      if (query.device !== undefined && device === undefined) return give(200, { items: [] });
      return listOperations(ports, { ...query, device });
    }),

    listDeviceOperations: serve(routes.listDeviceOperations, async ({ input: { params, query } }) => {
      const device = parseDeviceKey(params.key);
      if (device === undefined || (await store.device(device)) === undefined)
        return unknownDevice(params.key);
      return listOperations(ports, { ...query, device });
    }),

    getOperation: serve(routes.getOperation, async ({ input: { params } }) => {
      const id = operationId(params.id);
      const operation = id === undefined ? undefined : await store.operation(id);
      return operation === undefined ? unknownOperation(params.id) : give(200, showOperation(operation));
    }),

    cancelOperation: serve(routes.cancelOperation, async ({ input: { params }, manager }) => {
      const id = operationId(params.id);
      if (id === undefined) return unknownOperation(params.id);
      const reply = await ports.bus.request(
        subjects.cancel(id),
        { manager: manager.name },
        { timeoutMs: ACCEPT_MS },
      );
      if (reply.type === "cancelled") return give(200, showOperation(reply.operation));
      return reply.reason === "unknown" ? unknownOperation(id) : CANCEL_REFUSALS[reply.reason];
    }),
  };
}

function unknownOperation(id: string): Refusal {
  return refuse(
    "unknown-operation",
    `no operation has the id ${id}, or it ended so long ago that it was deleted`,
  );
}

const CANCEL_REFUSALS = {
  running: refuse(
    "operation-running",
    "an RPC of it is with the device and cannot be taken back: wait for its end",
  ),
  ended: refuse("operation-ended", "it has ended: there is nothing left to cancel"),
} as const;

interface Listed extends Pick<OperationQuery, "state"> {
  readonly device: DeviceKey | undefined;
  readonly limit?: number;
  readonly cursor?: string;
}

async function listOperations({ store }: NorthboundPorts, { device, state, limit = PAGE, cursor }: Listed) {
  const { items, next } = await store.operations({
    limit,
    ...(device === undefined ? {} : { device }),
    ...(state === undefined ? {} : { state }),
    ...(cursor === undefined ? {} : { after: cursor }),
  });
  return give(200, { items: items.map(showOperation), ...(next === undefined ? {} : { next }) });
}

type Created = Asked<typeof routes.createOperation>["input"];

/** What the engine is asked; the manager is filled in by the caller. */
function readAsk(
  { body, headers }: Created,
  { clock, random }: NorthboundPorts,
): Omit<RpcAsk, "manager"> | Refusal {
  const rpcs = readCalls(body);
  if (isRefusal(rpcs)) return rpcs;
  const expiresAt = expiry(body, clock.now());
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    return refuseInput("invalid-request", [
      { at: "$.expires", detail: "is past: give a time to come, or seconds" },
    ]);
  }
  const idempotencyKey = headers["idempotency-key"];
  return {
    id: newOperationId(random),
    rpcs,
    waitMs: Math.round((body.wait ?? 0) * 1000),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(body.automatic === undefined ? {} : { automatic: body.automatic }),
  };
}

function readCalls(body: OperationRequest) {
  if ("rpcs" in body) return checkCalls(body.rpcs, (index) => `$.rpcs[${index}]`);
  const { method, params } = body;
  return checkCalls([params === undefined ? { method } : { method, params }], () => "$");
}

export function expiry({ expires }: Pick<OperationRequest, "expires">, now: number): number | undefined {
  if (typeof expires === "number") return now + expires * 1000;
  return expires === undefined ? undefined : Date.parse(expires);
}

export function newOperationId(random: Random): OperationId {
  const id = operationId(random.hex(16));
  if (id === undefined) throw new Error("the random port gave no 32 hexadecimal digits");
  return id;
}

interface EngineAsk {
  readonly key: DeviceKey;
  readonly ask: RpcAsk;
  readonly signal: AbortSignal;
}

/** The operation as the engine left it, or as the store has it where the engine may not be waited for. */
export async function askEngine(
  ports: NorthboundPorts,
  asked: EngineAsk,
): Promise<OperationRecord | Refusal> {
  const { key, ask, signal } = asked;
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

import { routes, type OperationRequest } from "@heliograph/api";
import { parseDeviceKey, type DeviceKey } from "@heliograph/protocol";
import {
  may,
  operationId,
  reachOf,
  subjects,
  type OperationQuery,
  type OperationRecord,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { ACCEPT_MS, carryOut } from "./carry-out.ts";
import { unknownDevice } from "./device-handlers.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { checkCalls } from "./rpc-check.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showOperation } from "./show-operation.ts";
import { seenOperations, visibleOperation } from "./visible.ts";

const PAGE = 100;

/** `signal` says that the northbound closes: who waits is answered with what is known. */
export function operationHandlers(ports: NorthboundPorts, signal: AbortSignal) {
  const { store } = ports;
  return {
    createOperation: serve(routes.createOperation, async ({ input, manager }) => {
      const { params, headers, body } = input;
      const rpcs = readCalls(body);
      if (isRefusal(rpcs)) return rpcs;
      const by = { manager, idempotencyKey: headers["idempotency-key"] };
      return carryOut(ports, { device: params.key, rpcs, asking: body, ...by }, signal);
    }),

    listOperations: serve(routes.listOperations, async ({ input: { query }, manager }) => {
      const device = query.device === undefined ? undefined : parseDeviceKey(query.device);
      if (query.device !== undefined && device === undefined) return give(200, { items: [] });
      return listOperations(ports, { ...query, device, manager });
    }),

    listDeviceOperations: serve(
      routes.listDeviceOperations,
      async ({ input: { params, query }, manager }) => {
        const device = parseDeviceKey(params.key);
        if (device === undefined || (await store.device(device)) === undefined)
          return unknownDevice(params.key);
        return listOperations(ports, { ...query, device, manager });
      },
    ),

    getOperation: serve(routes.getOperation, async ({ input: { params }, manager }) => {
      const operation = await findOperation(ports, params.id, manager);
      return isRefusal(operation)
        ? operation
        : give(200, showOperation(visibleOperation(manager.rights, operation)));
    }),

    cancelOperation: serve(routes.cancelOperation, async ({ input: { params }, manager }) => {
      const operation = await findOperation(ports, params.id, manager);
      if (isRefusal(operation)) return operation;
      const { id, rpcs, device } = operation;
      const calls = rpcs.map(reachOf);
      const { rights } = await manager.on([device]);
      const verdict = may(rights, { type: "call", device, calls });
      if (verdict.type === "refused") return refuse("not-allowed", verdict.reason);
      const reply = await ports.bus.request(
        subjects.cancel(id),
        { manager: manager.name },
        { timeoutMs: ACCEPT_MS },
      );
      if (reply.type === "cancelled") {
        return give(200, showOperation(visibleOperation(manager.rights, reply.operation)));
      }
      return reply.reason === "unknown" ? unknownOperation(id) : CANCEL_REFUSALS[reply.reason];
    }),
  };
}

/** One that somebody does not see is not there for them. */
async function findOperation(
  { store }: NorthboundPorts,
  text: string,
  manager: Manager,
): Promise<OperationRecord | Refusal> {
  const id = operationId(text);
  const operation = id === undefined ? undefined : await store.operation(id);
  const [seen] = operation === undefined ? [] : await seenOperations(manager, [operation]);
  return seen ?? unknownOperation(text);
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
  readonly manager: Manager;
}

async function listOperations({ store }: NorthboundPorts, listed: Listed) {
  const { device, state, limit = PAGE, cursor, manager } = listed;
  const { items, next } = await store.operations({
    limit,
    ...(device === undefined ? {} : { device }),
    ...(state === undefined ? {} : { state }),
    ...(cursor === undefined ? {} : { after: cursor }),
  });
  const seen = await seenOperations(manager, items);
  const shown = seen.map((operation) => showOperation(visibleOperation(manager.rights, operation)));
  return give(200, { items: shown, ...(next === undefined ? {} : { next }) });
}

/** The calls of an operation as they go on the bus, or why one of them cannot be sent. */
export function readCalls(body: OperationRequest) {
  if ("rpcs" in body) return checkCalls(body.rpcs, (index) => `$.rpcs[${index}]`);
  const { method, params } = body;
  return checkCalls([params === undefined ? { method } : { method, params }], () => "$");
}

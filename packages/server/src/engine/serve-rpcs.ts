import { parseDeviceKey } from "@heliograph/protocol";
import {
  isEnd,
  queues,
  subjects,
  type OperationRecord,
  type RpcAsk,
  type RpcReply,
  type Subscription,
} from "../ports/index.ts";
import { checkAsk, type AcceptSettings } from "./accept.ts";
import type { Devices, EnginePorts } from "./devices.ts";

export type { AcceptSettings } from "./accept.ts";

/** Nobody waits longer than this for an operation's end; the operation itself goes on. */
const LONGEST_WAIT_MS = 60_000;

/** Serves `device.<key>.rpc`: stores what was asked for, sets it going, and answers when it ended or the wait is over. */
export function serveRpcs(owned: Devices, ports: EnginePorts, settings: AcceptSettings): Subscription {
  return ports.bus.serve(
    subjects.everyRpc,
    (ask, subject) => acceptRpc(ask, subject, { owned, ports, settings }),
    { queue: queues.engine },
  );
}

interface Serving {
  readonly owned: Devices;
  readonly ports: EnginePorts;
  readonly settings: AcceptSettings;
}

async function acceptRpc(ask: RpcAsk, subject: string, serving: Serving): Promise<RpcReply> {
  const { owned, ports, settings } = serving;
  const device = parseDeviceKey(subject.split(".").at(-2) ?? "");
  if (device === undefined) return refused("unknown-device", "no such device");
  const checked = checkAsk(device, ask, { ports, settings });
  if (checked.type === "bad-request") return refused("bad-request", checked.detail);
  const accepted = await owned.accept(checked.change);
  if (accepted.type === "refused") return refused(accepted.reason, REFUSALS[accepted.reason]);
  const { operation } = accepted;
  const repeated = accepted.type === "repeated";
  const known =
    ask.waitMs > 0 ? await waitForEnd(operation, Math.min(ask.waitMs, LONGEST_WAIT_MS), ports) : operation;
  return { type: "operation", operation: known, repeated };
}

const REFUSALS = {
  "unknown-device": "no such device",
  "not-approved": "the device waits for approval: approve it first",
  "queue-full": "too many operations of this device are open: wait for one to end, or cancel one",
  "command-key-open":
    "an operation with this CommandKey is open on this device: choose another, or leave it out",
  "idempotency-mismatch": "this idempotency key was used for another request",
  "bad-request": "the request cannot be understood",
} as const;

function refused(reason: keyof typeof REFUSALS, detail: string): RpcReply {
  return { type: "refused", reason, detail };
}

/** The operation when it ended, or as it is when the wait is over. Listens before it looks, so that no end is missed. */
async function waitForEnd(
  operation: OperationRecord,
  waitMs: number,
  { bus, clock, store }: EnginePorts,
): Promise<OperationRecord> {
  const over = Promise.withResolvers<undefined>();
  const subscription = bus.subscribe(subjects.operationChanges(operation.id), ({ state }) => {
    if (isEnd(state)) over.resolve(undefined);
  });
  const timer = clock.after(waitMs, () => {
    over.resolve(undefined);
  });
  try {
    const known = (await store.operation(operation.id)) ?? operation;
    if (known.endedAt !== undefined) return known;
    await over.promise;
    return (await store.operation(operation.id)) ?? known;
  } finally {
    timer.cancel();
    subscription.unsubscribe();
  }
}

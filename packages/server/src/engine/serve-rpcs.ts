import { parseDeviceKey, type DeviceKey } from "@heliograph/protocol";
import {
  isEnd,
  NobodyThereError,
  RequestTimedOutError,
  serveAny,
  subjects,
  type AnyEngine,
  type EngineId,
  type OperationId,
  type OperationRecord,
  type RpcAsk,
  type RpcReply,
  type Subscription,
} from "../ports/index.ts";
import { checkAsk, type AcceptSettings } from "./accept.ts";
import { authorise } from "./authorise.ts";
import type { Devices } from "./devices.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { planRefresh } from "./plan-refresh.ts";
import { heldByPolicy } from "./policies/held-by-policy.ts";

export type { AcceptSettings } from "./accept.ts";

/** Nobody waits longer than this for an operation's end; the operation itself goes on. */
const LONGEST_WAIT_MS = 60_000;
/** For the engine that it is passed on to to store it. */
const PASS_ON_MS = 8_000;

/**
 * Serves `device.<key>.rpc`: stores what was asked for, sets it going, and answers when it ended or the wait is over. What
 * concerns another engine's device is passed on to that one, which hears first how it ends.
 */
export function serveRpcs(any: AnyEngine, serving: Serving): readonly Subscription[] {
  const { bus, engine: id } = any;
  return [
    ...serveAny(any, subjects.everyRpc, (ask, subject) => passOrAccept(ask, subject, { id, serving })),
    bus.serve(subjects.everyPassedRpc(id), (ask, subject) => acceptRpc(ask, subject, serving)),
  ];
}

async function passOrAccept(
  ask: RpcAsk,
  subject: string,
  { id, serving }: { readonly id: EngineId; readonly serving: Serving },
): Promise<RpcReply> {
  const { owned, ports } = serving;
  const device = deviceIn(subject);
  const owner = device === undefined ? id : await owned.ownerOf(device);
  if (device === undefined || owner === id) return acceptRpc(ask, subject, serving);
  const timeoutMs = Math.min(ask.waitMs, LONGEST_WAIT_MS) + PASS_ON_MS;
  try {
    return await ports.bus.request(subjects.passedRpc(owner, device), ask, { timeoutMs });
  } catch (error) {
    if (!(error instanceof NobodyThereError || error instanceof RequestTimedOutError)) throw error;
    // Nobody is there, or stands still. What it has stored nevertheless is known by its id.
    return acceptRpc(ask, subject, serving);
  }
}

function deviceIn(subject: string): DeviceKey | undefined {
  return parseDeviceKey(subject.split(".").at(-2) ?? "");
}

interface Serving {
  readonly owned: Devices;
  readonly ports: EnginePorts;
  readonly settings: AcceptSettings;
}

async function acceptRpc(asked: RpcAsk, subject: string, serving: Serving): Promise<RpcReply> {
  const { owned, ports, settings } = serving;
  const device = deviceIn(subject);
  if (device === undefined) return refused("unknown-device", "no such device");
  const authorised = await authorise(device, asked, ports);
  if (authorised.type === "refused") return refused("not-allowed", authorised.detail);
  const { ask, ...bounds } = authorised;
  const held = await heldByPolicy(device, ask, ports.store);
  if (held !== undefined) return refused("held-by-policy", held);
  const refresh = ask.refresh === undefined ? undefined : await planRefresh(device, ask.refresh, ports);
  if (ask.refresh !== undefined && refresh === undefined) {
    return refused("unknown-device", REFUSALS["unknown-device"]);
  }
  const planned = refresh === undefined ? {} : { refresh };
  const checked = checkAsk(device, ask, { ports, settings, ...planned, ...bounds });
  if (checked.type === "bad-request") return refused("bad-request", checked.detail);
  // Listens before it asks, so that no end is missed.
  const ending = ask.waitMs > 0 ? listen(ask.id, serving) : undefined;
  try {
    const accepted = await owned.accept(checked.change);
    if (accepted.type === "refused")
      return refused(accepted.reason, accepted.detail ?? REFUSALS[accepted.reason]);
    const { type, operation } = accepted;
    const isSame = operation.id === ask.id;
    const waitMs = Math.min(ask.waitMs, LONGEST_WAIT_MS);
    const known =
      ending !== undefined && isSame && operation.endedAt === undefined
        ? await waitForEnd(operation, ending.over, { waitMs, ports })
        : await waitForOther(operation, waitMs, serving);
    return { type: "operation", operation: known, repeated: type === "repeated" };
  } finally {
    ending?.stop();
  }
}

export const REFUSALS = {
  "unknown-device": "no such device",
  "not-approved": "the device waits for approval: approve it first",
  "not-allowed": "this is not among what you may",
  "queue-full": "too many operations of this device are open: wait for one to end, or cancel one",
  "left-alone":
    "the device is left alone for now by whatever asks by itself: its record says why and until when",
  leased: "somebody else holds the device",
  "held-by-policy": "a policy holds what this would set",
  "command-key-open":
    "an operation with this CommandKey is open on this device: choose another, or leave it out",
  "idempotency-mismatch": "this idempotency key was used for another request",
  "bad-request": "the request cannot be understood",
} as const;

function refused(reason: keyof typeof REFUSALS, detail: string): RpcReply {
  return { type: "refused", reason, detail };
}

interface Listening {
  /** Resolves when the operation has ended. */
  readonly over: Promise<undefined>;
  stop(): void;
}

/** From the engine itself where the device is its own, and from the bus in any case. */
function listen(id: OperationId, { owned, ports }: Serving): Listening {
  const over = Promise.withResolvers<undefined>();
  const tell = (): void => {
    over.resolve(undefined);
  };
  const subscription = ports.bus.subscribe(subjects.operationChanges(id), ({ state }) => {
    if (isEnd(state)) tell();
  });
  const here = owned.onEnd(id, tell);
  return {
    over: over.promise,
    stop() {
      subscription.unsubscribe();
      here.unsubscribe();
    },
  };
}

/** The operation when it ended, or as it is when the wait is over. */
async function waitForEnd(
  operation: OperationRecord,
  over: Promise<undefined>,
  { waitMs, ports: { clock, store } }: { readonly waitMs: number; readonly ports: EnginePorts },
): Promise<OperationRecord> {
  const late = Promise.withResolvers<undefined>();
  const timer = clock.after(waitMs, () => {
    late.resolve(undefined);
  });
  await Promise.race([over, late.promise]);
  timer.cancel();
  return (await store.operation(operation.id)) ?? operation;
}

/** One that was asked for before may have ended meanwhile. */
async function waitForOther(
  operation: OperationRecord,
  waitMs: number,
  serving: Serving,
): Promise<OperationRecord> {
  if (waitMs === 0 || operation.endedAt !== undefined) return operation;
  const { ports } = serving;
  const ending = listen(operation.id, serving);
  try {
    const known = (await ports.store.operation(operation.id)) ?? operation;
    if (known.endedAt !== undefined) return known;
    return await waitForEnd(known, ending.over, { waitMs, ports });
  } finally {
    ending.stop();
  }
}

import { routes } from "@heliograph/api";
import { inputValidator, type RawInput } from "@heliograph/api/validation";
import { parseDeviceKey, type JsonObject } from "@heliograph/protocol";
import { asError, queues, subjects, type OutsideReply, type Subscription } from "../ports/index.ts";
import { crowding, overloaded } from "./admission.ts";
import type { Authentication, Manager } from "./authentication.ts";
import { carryOut } from "./carry-out.ts";
import { refusalOfFailure } from "./failure.ts";
import { readCalls } from "./operation-handlers.ts";
import type { ManagerPaces } from "./pace.ts";
import { Places } from "./places.ts";
import { isRefusal, problemOf, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { notAllowed } from "./route-needs.ts";
import type { NorthboundLimits, NorthboundPorts } from "./settings.ts";

export interface Outside {
  readonly ports: NorthboundPorts;
  readonly authentication: Authentication;
  readonly paces: ManagerPaces;
  readonly limits: Pick<NorthboundLimits, "maxInFlight" | "maxBodyDepth" | "maxBodyBytes">;
  /** Says that the northbound closes: who waits is answered with what is known. */
  readonly signal: AbortSignal;
}

const validator = inputValidator(routes.createOperation);

/**
 * Serves other systems on the bus as REST serves managers: who asks is whom the token is given to, and may do what the store
 * says they may now. Whatever else a message says of who sent it is not looked at [LIGHT 7].
 */
export function serveOutsiders(outside: Outside): Subscription {
  const { ports, limits } = outside;
  const places = new Places(limits.maxInFlight);

  async function carryOutFor(manager: Manager, asked: Asked): Promise<OutsideReply> {
    const leave = places.sit(manager.name);
    if (leave === undefined) return replyOf(crowding(limits));
    try {
      await outside.paces.of(manager.name).turn();
      return await answer(asked, manager, outside);
    } finally {
      leave();
    }
  }

  async function hear(message: unknown, key: string): Promise<OutsideReply> {
    const leave = places.enter();
    if (leave === undefined) return replyOf(overloaded(limits));
    try {
      const ask = readAsk(message);
      if (isRefusal(ask)) return replyOf(ask);
      const manager = await admit({ ask, key }, outside);
      return isRefusal(manager) ? replyOf(manager) : await carryOutFor(manager, { ask, key });
    } catch (error) {
      const refusal = refusalOfFailure(error);
      if (refusal === undefined) ports.log.error("another system's ask failed", { error: asError(error) });
      return replyOf(refusal ?? refuse("internal", "this is a fault of the ACS: its log says more"));
    } finally {
      leave();
    }
  }

  return ports.bus.serve(
    subjects.everyOutsideRpc,
    (message: unknown, subject) => hear(message, subject.split(".").at(-2) ?? ""),
    { queue: queues.northbound },
  );
}

interface Asked {
  readonly ask: Ask;
  /** The device's, as it came. */
  readonly key: string;
}

/** Whoever the token is given to, where they may ask the device at all. */
async function admit({ ask, key }: Asked, { authentication }: Outside): Promise<Manager | Refusal> {
  // Who guesses at tokens is stopped where they guess, and nobody else is.
  const admitted = await authentication.manager(`Bearer ${ask.token}`, `the bus, for ${key}`);
  const device = parseDeviceKey(key);
  if (isRefusal(admitted) || device === undefined) return admitted;
  const manager = await admitted.on([device]);
  return notAllowed(manager.rights, routes.createOperation, device) ?? manager;
}

async function answer({ ask, key }: Asked, manager: Manager, outside: Outside): Promise<OutsideReply> {
  const { ports, limits, signal } = outside;
  const excess = beyondLimits(ask.operation, limits);
  if (excess !== undefined) return replyOf(excess);
  const headers = ask.idempotencyKey === undefined ? {} : { "idempotency-key": ask.idempotencyKey };
  const input: RawInput = { params: { key }, query: {}, headers, body: ask.operation };
  if (!validator.check(input)) return replyOf(refuseInput("invalid-request", validator.errors(input)));
  const rpcs = readCalls(input.body);
  if (isRefusal(rpcs)) return replyOf(rpcs);
  const { idempotencyKey } = ask;
  const wish = { device: key, rpcs, asking: input.body, manager, idempotencyKey };
  const given = await carryOut(ports, wish, signal);
  return isRefusal(given) ? replyOf(given) : { status: given.status, body: { ...given.body } };
}

interface Ask {
  readonly token: string;
  readonly operation: unknown;
  readonly idempotencyKey: string | undefined;
}

function readAsk(asked: unknown): Ask | Refusal {
  const fields: Readonly<Record<string, unknown>> = typeof asked === "object" ? { ...asked } : {};
  const { token, operation, idempotencyKey } = fields;
  if (typeof token !== "string") return refuse("unauthenticated", "send a token, as `token`");
  if (idempotencyKey !== undefined && typeof idempotencyKey !== "string") {
    return refuse("invalid-request", "idempotencyKey is text");
  }
  return { token, operation, idempotencyKey };
}

/** As REST bounds its bodies: what is nested deeply, or long, costs whoever walks it. */
function beyondLimits(
  operation: unknown,
  { maxBodyDepth, maxBodyBytes }: Outside["limits"],
): Refusal | undefined {
  if (isDeeperThan(operation, maxBodyDepth)) {
    return refuse("not-json", `operation nests deeper than ${maxBodyDepth} levels: send a flatter one`);
  }
  return Buffer.byteLength(JSON.stringify(operation ?? null)) > maxBodyBytes
    ? refuse("too-large", `operation has more than ${maxBodyBytes} bytes: send less at once`)
    : undefined;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeperThan(each, levels - 1));
}

function replyOf(refusal: Refusal): OutsideReply {
  const problem = problemOf(refusal);
  const body: JsonObject = { ...problem };
  return { status: problem.status, body };
}

import type { DeviceKey } from "@heliograph/protocol";
import {
  engineId,
  operationId,
  queues,
  subjects,
  type AnnounceReply,
  type Announcement,
  type CancelAsk,
  type CancelReply,
  type EngineId,
  type NextAsk,
  type NextReply,
  type Subscription,
} from "../ports/index.ts";
import { cancelTransfer } from "./cancel-transfer.ts";
import { startCounting } from "./count-groups.ts";
import { Devices, type EnginePorts, type Opening } from "./devices.ts";
import { openConnection, urgencyOf } from "./inform.ts";
import { expireLeases } from "./expire-leases.ts";
import { watchTransfers } from "./overdue-transfers.ts";
import { referenceToken } from "./references.ts";
import { startRollouts } from "./policies/rollouts.ts";
import { startRelay } from "./relay.ts";
import { startRetention, type Retention } from "./retention.ts";
import { serveGroups } from "./serve-groups.ts";
import { serveLight } from "./serve-light.ts";
import { serveRelief } from "./serve-relief.ts";
import { serveReports } from "./serve-reports.ts";
import { serveRpcs, type AcceptSettings } from "./serve-rpcs.ts";
import { ToldKinds } from "./told-kinds.ts";

export interface EngineSettings extends AcceptSettings {
  /** How long a device that was referred may take to open its light connection, before its sessions serve it again. */
  readonly lightGraceMs: number;
  /** How long a device may take to answer a call over a light connection, and after it came back one that it owes. */
  readonly callTimeoutMs: number;
  readonly retention: Retention;
}

export interface Engine {
  readonly id: EngineId;
  /** Takes nothing new, finishes what it began, publishes what is stored. */
  close(): Promise<void>;
}

const ID_BYTES = 8;
const RESUME_PAGE = 500;
/** Devices with work are woken one after another at this distance when an engine starts, so that no fleet is stampeded. */
const RESUME_PACE_MS = 5;

/** Runs an engine: serves the bus, owns the connections it accepts, and takes up the work that an earlier one left. */
export async function startEngine(ports: EnginePorts, settings: EngineSettings): Promise<Engine> {
  const id = engineId(ports.random.hex(ID_BYTES));
  const owned = new Devices({ engine: id, owedMs: settings.callTimeoutMs }, ports);
  const relay = await startRelay(ports);
  const told = new ToldKinds();
  const subscriptions = [
    ...serveSessions(id, { owned, ports, settings, told }),
    ...serveLight(id, { owned, ports, settings, told }),
    ports.bus.serve(subjects.everyCancel, (ask, subject) => cancel(ask, subject, { owned, ports }), {
      queue: queues.engine,
    }),
    serveRpcs(owned, ports, settings),
    serveGroups({ owned, ports, settings }),
    serveRelief({ owned, ports }),
  ];
  const retention = startRetention(ports, settings.retention);
  const transfers = watchTransfers({ owned, ports });
  const leases = expireLeases(ports);
  const counting = startCounting(ports);
  const rollouts = startRollouts(ports);
  await resume(owned, ports);
  return {
    id,
    async close() {
      for (const subscription of subscriptions) subscription.unsubscribe();
      retention.close();
      transfers.close();
      leases.close();
      await counting.close();
      await rollouts.close();
      await owned.close();
      await relay.close();
    },
  };
}

interface Owned {
  readonly owned: Devices;
  readonly ports: EnginePorts;
}

interface Serving extends Owned {
  readonly settings: EngineSettings;
  readonly told: ToldKinds;
}

function serveSessions(id: EngineId, serving: Serving): readonly Subscription[] {
  const { owned, ports } = serving;
  const { bus, clock } = ports;
  return [
    bus.serve(subjects.announce, (announced) => announce(announced, id, serving), { queue: queues.engine }),
    bus.serve(subjects.next(id), (ask) => next(ask, serving)),
    serveReports(id, serving),
    bus.subscribe(subjects.everyClosed(id), (closed) => {
      owned.tellLater(closed.device, { ...closed, type: "closed", now: clock.now() });
    }),
  ];
}

async function announce(announced: Announcement, id: EngineId, serving: Serving): Promise<AnnounceReply> {
  const { owned, ports } = serving;
  const { device } = announced;
  const reply = await owned.open(device, () => open(announced, id, serving));
  if (reply.type === "owned" && owned.rests(device)) return { ...reply, idle: true };
  if (reply.type === "noted") owned.tellLater(device, { type: "doubted", now: ports.clock.now() });
  return reply;
}

async function open(
  announced: Announcement,
  id: EngineId,
  { ports, settings, told }: Serving,
): Promise<Opening<AnnounceReply>> {
  const { connection, gateway, events, offer } = announced;
  told.note(connection, events);
  const change = openConnection(announced, id);
  const opened = await ports.store.commit("open-connection", change, urgencyOf(announced));
  if (opened.type === "refused") return { reply: opened };
  const { type, device, operations } = opened;
  const { generation, credentialVersion } = device;
  const now = ports.clock.now();
  const holder = { device: device.key, credentialVersion };
  const isReferred = offer !== undefined && !offer.byParameter;
  const reply: AnnounceReply = {
    type: type === "noted" ? "noted" : "owned",
    engine: id,
    generation,
    credentialVersion,
    ...(isReferred ? { reference: await referenceToken(ports.tokens, holder, now) } : {}),
  };
  if (type === "noted") return { reply, input: { type: "informed", now, events } };
  const session = { now, connection, generation, gateway, events, graceMs: settings.lightGraceMs };
  const taken = { ...session, device, operations, ...(offer === undefined ? {} : { offer }) };
  return { reply, input: { type: "opened", ...taken } };
}

async function next(ask: NextAsk, { owned, ports }: Owned): Promise<NextReply> {
  const { device, ...rest } = ask;
  const reply = await owned.tell(device, { ...rest, type: "ready", now: ports.clock.now() });
  switch (reply?.type) {
    case "call":
      return { type: "call", call: { callId: reply.callId, ...reply.call } };
    case "nothing":
      return { type: "nothing" };
    default:
      return { type: "superseded" };
  }
}

async function cancel(ask: CancelAsk, subject: string, { owned, ports }: Owned): Promise<CancelReply> {
  const id = operationId(subject.split(".").at(-2) ?? "");
  const found = id === undefined ? undefined : await ports.store.operation(id);
  if (id === undefined || found === undefined) return { type: "refused", reason: "unknown" };
  const { manager } = ask;
  if (found.state === "transferring") return cancelTransfer(found, { owned, ports, manager });
  const reply = await owned.tell(found.device, {
    type: "cancel",
    now: ports.clock.now(),
    operation: id,
    manager,
  });
  if (reply?.type === "running") return { type: "refused", reason: "running" };
  const operation = await ports.store.operation(id);
  return reply?.type === "cancelled" && operation !== undefined
    ? { type: "cancelled", operation }
    : { type: "refused", reason: "ended" };
}

/** Takes up what an earlier run left: every device with work gets its turn. */
async function resume(owned: Devices, { store, clock }: EnginePorts): Promise<void> {
  let after: DeviceKey | undefined;
  let count = 0;
  for (;;) {
    const keys = await store.devicesWithWork({
      ...(after === undefined ? {} : { after }),
      limit: RESUME_PAGE,
    });
    for (const key of keys) {
      clock.after(count * RESUME_PACE_MS, () => {
        owned.tellLater(key, { type: "resumed", now: clock.now() });
      });
      count += 1;
    }
    after = keys.at(-1);
    if (keys.length < RESUME_PAGE) return;
  }
}

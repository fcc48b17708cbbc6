import type { DeviceKey } from "@heliograph/protocol";
import {
  asError,
  engineId,
  operationId,
  serveAny,
  subjects,
  type Announcement,
  type AnnounceReply,
  type AnyEngine,
  type CancelAsk,
  type CancelReply,
  type EngineId,
  type NextAsk,
  type NextReply,
  type Subscription,
} from "../ports/index.ts";
import { cancelTransfer } from "./cancel-transfer.ts";
import { startCounting } from "./count-groups.ts";
import { Devices, type Opening } from "./devices.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { expireLeases } from "./expire-leases.ts";
import { homeOf } from "./home.ts";
import { openConnection, urgencyOf } from "./inform.ts";
import { Keeper, type Loop } from "./keeper.ts";
import { joinEngines, standAlone } from "./membership.ts";
import { watchTransfers } from "./overdue-transfers.ts";
import type { Ownership } from "./ownership.ts";
import { referenceToken } from "./references.ts";
import { startRollouts } from "./policies/rollouts.ts";
import { startRelay } from "./relay.ts";
import { startRetention, type Retention } from "./retention.ts";
import { serveGroups } from "./serve-groups.ts";
import { serveLight } from "./serve-light.ts";
import { serveRelief } from "./serve-relief.ts";
import { serveReports } from "./serve-reports.ts";
import { serveRpcs, type AcceptSettings } from "./serve-rpcs.ts";
import { closeStale, type StaleConnections } from "./stale-connections.ts";
import { SupersededError } from "./superseded-error.ts";
import { tellOfEvents } from "./tell-of-events.ts";
import { ToldKinds } from "./told-kinds.ts";

export interface EngineSettings extends AcceptSettings {
  /** How long a device that was referred may take to open its light connection, before its sessions serve it again. */
  readonly lightGraceMs: number;
  /** How long a device may take to answer a call over a light connection, and after it came back one that it owes. */
  readonly callTimeoutMs: number;
  readonly retention: Retention;
  /** No other engine can be on the same store: nothing is asked of others, and nothing is left to them. */
  readonly isAlone: boolean;
}

export interface Engine {
  readonly id: EngineId;
  /** Runs the loop while this engine is the one of all that does what only one may do, until it closes. */
  whileKeeper(loop: Loop): void;
  /** Takes nothing new, finishes what it began, publishes what is stored, and hands over what only one engine does. */
  close(): Promise<void>;
}

const ID_BYTES = 8;
const RESUME_PAGE = 500;
/** Devices with work are woken one after another at this distance when an engine starts, so that no fleet is stampeded. */
const RESUME_PACE_MS = 5;
/** Gateways that lost their engine announce their connections to others before; what none brought back is taken up then. */
const TAKE_UP_MS = 10_000;

/** Runs an engine: serves the bus, owns the connections it accepts, and takes up the work that an earlier one left. */
export async function startEngine(ports: EnginePorts, settings: EngineSettings): Promise<Engine> {
  const engine = engineId(ports.random.hex(ID_BYTES));
  const { isAlone, callTimeoutMs: owedMs } = settings;
  const members = isAlone ? standAlone(engine, ports) : await joinEngines(engine, ports);
  const ownership: Ownership = { engine, owedMs, isAlone, living: () => members.living() };
  const owned = new Devices(ownership, ports);
  const keeper = new Keeper(ownership, ports, () => startRelay(ports));
  const serving = { owned, ports, settings, told: new ToldKinds(), ownership };
  const subscriptions = serve(serving);
  const stale = keepLoops(keeper, serving);
  const hints = isAlone ? undefined : tellOfEvents(ports);
  members.follow({
    joined(_, isBack) {
      keeper.membersChanged();
      owned.letGo();
      if (isBack) owned.doubt();
    },
    left() {
      keeper.membersChanged();
      stale.engineLeft();
      ports.clock.after(TAKE_UP_MS, () => {
        takeUp(serving);
      });
    },
    stoodStill() {
      owned.doubt();
    },
  });
  await keeper.start();
  await resume(serving);
  return {
    id: engine,
    whileKeeper(loop) {
      keeper.whileKeeper(loop);
    },
    async close() {
      for (const subscription of subscriptions) subscription.unsubscribe();
      await keeper.stop();
      await owned.close();
      hints?.close();
      await keeper.leave();
      members.leave();
    },
  };
}

function serve(serving: Serving): readonly Subscription[] {
  const { owned, ports, settings, ownership } = serving;
  const id = ownership.engine;
  const any: AnyEngine = { bus: ports.bus, engine: id, isAlone: ownership.isAlone };
  return [
    ...serveSessions(any, serving),
    ...serveLight(any, serving),
    ...serveAny(any, subjects.everyCancel, (ask, subject) => cancel(ask, subject, serving)),
    ports.bus.serve(subjects.passedOn(id), (passed) => owned.takePassed(passed)),
    ...serveRpcs(any, { owned, ports, settings }),
    ...serveGroups(any, { owned, ports, settings }),
    ...serveRelief(any, { owned, ports }),
  ];
}

/** What runs in one engine only. */
function keepLoops(keeper: Keeper, { owned, ports, settings, ownership }: Serving): { engineLeft(): void } {
  let stale: StaleConnections | undefined;
  keeper.whileKeeper(() => startRetention(ports, settings.retention));
  keeper.whileKeeper(() => watchTransfers({ owned, ports }));
  keeper.whileKeeper(() => expireLeases(ports));
  keeper.whileKeeper(() => startCounting(ports));
  keeper.whileKeeper(() => startRollouts(ports));
  if (!ownership.isAlone) keeper.whileKeeper(() => (stale = closeStale(ports, ownership)));
  return {
    engineLeft() {
      stale?.engineLeft();
    },
  };
}

interface Owned {
  readonly owned: Devices;
  readonly ports: EnginePorts;
}

interface Serving extends Owned {
  readonly ownership: Ownership;
  readonly settings: EngineSettings;
  readonly told: ToldKinds;
}

function serveSessions(any: AnyEngine, serving: Serving): readonly Subscription[] {
  const { owned, ports } = serving;
  const { bus, clock } = ports;
  const { engine: id } = any;
  const onAnnounce = (announced: Announcement): Promise<AnnounceReply> => announce(announced, id, serving);
  return [
    ...serveAny(any, subjects.announce, onAnnounce),
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
  if (opened.type === "superseded") throw new SupersededError("open-connection was outdated");
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

/** An engine is gone: what it had is taken up by those who are home to it now. */
function takeUp(serving: Serving): void {
  resume(serving).catch((error: unknown) => {
    serving.ports.log.error("what an engine left could not be taken up", { error: asError(error) });
  });
}

/** Takes up what earlier runs and engines left: every device with work that this engine is home to gets its turn. */
async function resume({ owned, ports, ownership }: Serving): Promise<void> {
  const { store, clock } = ports;
  let after: DeviceKey | undefined;
  let count = 0;
  for (;;) {
    const keys = await store.devicesWithWork({
      ...(after === undefined ? {} : { after }),
      limit: RESUME_PAGE,
    });
    for (const key of keys.filter((each) => homeOf(each, ownership.living()) === ownership.engine)) {
      clock.after(count * RESUME_PACE_MS, () => {
        owned.tellLater(key, { type: "resumed", now: clock.now() });
      });
      count += 1;
    }
    after = keys.at(-1);
    if (keys.length < RESUME_PAGE) return;
  }
}

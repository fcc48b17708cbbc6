import type { DeviceKey } from "@heliograph/protocol";
import { parseDeviceKey } from "@heliograph/protocol";
import {
  serveAny,
  subjects,
  type AnyEngine,
  type AttachAsk,
  type AttachReply,
  type ConnectReply,
  type EngineId,
  type LightAnnouncement,
  type LightInform,
  type NotOwned,
  type OpenLightConnection,
  type ReportReply,
  type RotateAsk,
  type RotateReply,
  type Subscription,
  type Superseded,
} from "../ports/index.ts";
import type { Devices } from "./devices.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { recordInform } from "./inform.ts";
import { attachToken } from "./references.ts";
import type { ToldKinds } from "./told-kinds.ts";

interface Serving {
  readonly owned: Devices;
  readonly ports: EnginePorts;
  readonly settings: { readonly callTimeoutMs: number };
  readonly told: ToldKinds;
}

/** Serves the gateways that hold light connections, and what concerns their devices' credentials. */
export function serveLight(any: AnyEngine, serving: Serving): readonly Subscription[] {
  const { owned, ports } = serving;
  const { bus, clock } = ports;
  const { engine: id } = any;
  const onConnect = (announced: LightAnnouncement): Promise<ConnectReply | Superseded> =>
    connect(announced, id, serving);
  return [
    ...serveAny(any, subjects.connect, onConnect),
    bus.serve(subjects.attach(id), (ask) => attach(ask, serving)),
    bus.serve(subjects.inform(id), (inform) => keepInform(inform, serving)),
    bus.subscribe(subjects.everyAnswered(id), (late) => {
      owned.tellLater(late.device, { ...late, type: "returned", now: clock.now() });
    }),
    ...serveAny(any, subjects.everyRotate, (ask, subject) => rotate(ask, subject, serving)),
  ];
}

function connect(
  announced: LightAnnouncement,
  id: EngineId,
  { owned, ports, settings }: Serving,
): Promise<ConnectReply | Superseded> {
  const { connection, gateway } = announced;
  return owned.open<ConnectReply | Superseded>(announced.device, async () => {
    const opened = await ports.store.commit("open-light-connection", openLight(announced, id));
    if (opened.type !== "opened") return { reply: opened };
    const { device, operations, replaced } = opened;
    const { generation } = device;
    const { callTimeoutMs: owedMs } = settings;
    const taken = { now: ports.clock.now(), connection, generation, gateway, owedMs, device, operations };
    return {
      reply: { type: "owned", engine: id, generation },
      input: { type: "connected", ...taken, ...(replaced === undefined ? {} : { replaced }) },
    };
  });
}

function openLight(announced: LightAnnouncement, engine: EngineId): OpenLightConnection {
  const { device: key, connection: id, gateway, at, address, subprotocol, credentialVersion } = announced;
  const { again } = announced;
  return {
    key,
    connection: { id, transport: "light", gateway, engine, openedAt: at },
    address,
    subprotocol,
    credentialVersion,
    ...(again === undefined ? {} : { again }),
    events: [{ at, device: key, name: "connected", data: { subprotocol, address } }],
  };
}

/** The device may be called once its gateway has been answered: the answer to its Attach leaves first. */
async function attach(ask: AttachAsk, { owned, ports }: Serving): Promise<AttachReply | NotOwned> {
  const { device: key, connection, generation, maxInFlight, replayWindow, authTime } = ask;
  const { store, tokens, clock } = ports;
  const device = await store.device(key);
  const known = device?.connection;
  if (device === undefined || known?.id !== connection) return { type: "superseded" };
  if (known.closed === true || device.generation !== generation) return { type: "not-owned" };
  const now = clock.now();
  const { credentialVersion } = device;
  const token = await attachToken(tokens, { device: key, credentialVersion, authTime }, now);
  const limits = { maxInFlight, replayWindow };
  owned.tellLater(key, { type: "attached", now, connection, generation, ...limits });
  return { type: "attached", token };
}

function keepInform(inform: LightInform, { owned, ports, told }: Serving): Promise<ReportReply> {
  const { device, events } = inform;
  told.note(inform.connection, events);
  return owned.open<ReportReply>(device, async () => {
    const { held } = await ports.store.commit("record-inform", recordInform(inform));
    if (!held) return { reply: { type: "superseded" } };
    return { reply: { type: "stored" }, input: { type: "informed", now: ports.clock.now(), events } };
  });
}

async function rotate({ manager }: RotateAsk, subject: string, serving: Serving): Promise<RotateReply> {
  const { owned, ports } = serving;
  const key = parseDeviceKey(subject.split(".").at(-2) ?? "");
  const device = key === undefined ? undefined : await ports.store.device(key);
  if (device === undefined) return { type: "unknown-device" };
  if (device.approval !== "approved") return { type: "not-approved" };
  await markRotating(device.key, manager, ports);
  const reply = await owned.tell(device.key, { type: "rotated", now: ports.clock.now() });
  return { type: reply?.type === "now" ? "now" : "later" };
}

async function markRotating(
  device: DeviceKey,
  manager: string,
  { store, clock }: EnginePorts,
): Promise<void> {
  const at = clock.now();
  await store.commit("rotate-credentials", {
    device,
    at,
    audit: { at, manager, action: "rotate-credentials", device, detail: {} },
    events: [{ at, device, name: "credentials-rotating", data: {} }],
  });
}

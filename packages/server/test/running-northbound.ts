import { request } from "node:http";
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import {
  Problem,
  problemReason,
  routes,
  sharedProblems,
  type ProblemReason,
  type Route,
} from "@heliograph/api";
import { createClient, type Client } from "@heliograph/api/client";
import { validator } from "@heliograph/api/validation";
import { deviceKey, type DeviceKey, type ParameterValues } from "@heliograph/protocol";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../src/bus/memory.ts";
import { startRelay } from "../src/engine/relay.ts";
import { grantTokens } from "../src/main/grant-tokens.ts";
import { promMetrics } from "../src/main/metrics/prom-metrics.ts";
import { systemRandom } from "../src/main/system-random.ts";
import { webhookSeal } from "../src/main/webhook-secrets.ts";
import {
  startNorthbound,
  type Northbound,
  type NorthboundSettings,
  type RestPorts,
} from "../src/northbound/start-northbound.ts";
import {
  connectionId,
  engineId,
  gatewayId,
  type Bus,
  type DeviceFacts,
  type Log,
  type Store,
} from "../src/ports/index.ts";
import { fileComparer } from "../src/store/files/compare-files.ts";
import { openDiskFiles, type FileLimits } from "../src/store/files/disk-files.ts";
import { openQuirkBook } from "../src/store/quirk-book.ts";
import { startTracer, type Tracer } from "../src/southbound/trace/tracer.ts";
import { openDiskTraces, type TraceLimits } from "../src/store/traces/disk-traces.ts";
import { openSqliteStore } from "../src/store/sqlite.ts";

export const ADMIN_TOKEN = "the-token-of-the-settings";

export interface RunningNorthbound extends AsyncDisposable {
  readonly url: string;
  readonly client: Client;
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: VirtualClock;
  readonly northbound: Northbound;
  readonly traces: Tracer;
  /** What was logged as an error. */
  readonly errors: readonly string[];
  /** Sends a request with the admin token and checks what comes back against what the API describes. */
  readonly ask: (method: string, path: string, asked?: AskedHttp) => Promise<Answered>;
  /** Enrols a device; its key follows from the serial number. */
  enrol(serialNumber: string, approval?: "waiting" | "approved"): Promise<DeviceKey>;
  /** What the store keeps of an Inform. */
  inform(device: DeviceKey, informed?: Informed): Promise<void>;
  /** The device opens a light connection; what it gives closes it. */
  connect(device: DeviceKey): Promise<() => Promise<void>>;
}

export interface AskedHttp {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  /** Why it was refused; undefined for an answer. */
  readonly reason: ProblemReason | undefined;
}

export interface Informed {
  /** Names of the events that are stored with it. */
  readonly events?: readonly string[];
  readonly parameters?: ParameterValues;
  readonly facts?: DeviceFacts;
}

export interface RunningOptions {
  readonly settings?: Partial<NorthboundSettings>;
  readonly adapt?: (ports: RestPorts) => Partial<RestPorts>;
  readonly files?: Partial<FileLimits>;
  readonly traces?: Partial<TraceLimits>;
  /** The most the store's file may hold. */
  readonly maxBytes?: number;
}

/** A northbound on a real socket, a real store and the in-process bus, with time that stands still. */
export async function runNorthbound(options: RunningOptions = {}): Promise<RunningNorthbound> {
  await using starting = new AsyncDisposableStack();
  const errors: string[] = [];
  const ports = await openPorts(options, { errors, starting });
  const northbound = await startNorthbound(
    { ...ports, ...options.adapt?.(ports) },
    {
      host: "127.0.0.1",
      port: 0,
      adminToken: ADMIN_TOKEN,
      hostNames: ["acs.example"],
      behindProxy: false,
      version: "1.2.3",
      ...options.settings,
    },
  );
  starting.defer(() => northbound.close());
  const { store, bus, clock, traces } = ports;
  const url = `http://127.0.0.1:${northbound.address.port}`;
  const running = starting.move();
  return {
    url,
    client: createClient({ url, token: ADMIN_TOKEN }),
    ...{ store, bus, clock, northbound, errors, traces },
    ask: (method, path, asked = {}) => ask(url, { method, path, ...asked }),
    enrol: (serialNumber, approval = "approved") => enrol(store, clock, { serialNumber, approval }),
    inform: (device, informed = {}) => inform(store, clock.now(), { device, ...informed }),
    connect: (device) => connectLight(store, clock.now(), device),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface Starting {
  /** What goes wrong where nobody waits for it. */
  readonly errors: string[];
  readonly starting: AsyncDisposableStack;
}

/** What a northbound stands on. */
async function openPorts(options: RunningOptions, { errors, starting }: Starting) {
  const directory = starting.use(tempDir());
  const clock = new VirtualClock();
  const log: Log = { info: () => undefined, warn: () => undefined, error: (event) => errors.push(event) };
  const store = await openSqliteStore({
    path: directory.file("heliograph.db"),
    thread: "caller",
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  });
  starting.defer(() => store.close());
  const bus = memoryBus({ clock, onError: (error) => errors.push(String(error)) });
  starting.defer(() => bus.close());
  const relay = await startRelay({ bus, store, clock, log });
  // A test may have closed the store before it.
  starting.defer(() => relay.close().catch(() => undefined));
  const quirks = await openQuirkBook({ bus, store, clock, log });
  starting.defer(() => {
    quirks.close();
  });
  const files = await openDiskFiles({
    folder: directory.file("files"),
    ...{ clock, random: systemRandom, limits: options.files ?? {} },
  });
  const keep = await openDiskTraces({
    folder: directory.file("traces"),
    ...{ log, limits: options.traces ?? {} },
  });
  const traces = startTracer({ keep, clock, log });
  starting.defer(() => traces.close());
  const secret = "00".repeat(32);
  const sealing = { grantTokens: grantTokens(secret, clock), webhookSecrets: webhookSeal(secret) };
  const own = { files, comparer: fileComparer(files), traces, metrics: promMetrics(), ...sealing };
  return { bus, store, clock, random: systemRandom, log, quirks, ...own };
}

interface Sent extends AskedHttp {
  readonly method: string;
  readonly path: string;
}

async function ask(url: string, sent: Sent): Promise<Answered> {
  const answered = await send(url, sent);
  assertDescribed(sent, answered);
  return answered;
}

/** Sends a request as it is told: also with headers that `fetch` would not send. */
async function send(url: string, { method, path, headers = {}, body, text: raw }: Sent): Promise<Answered> {
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const outgoing = request(
    `${url}${path}`,
    {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        ...(content === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
    },
    (response) => {
      text(response)
        .then((received) => {
          const type = response.headers["content-type"] ?? "";
          const parsed: unknown = type.includes("json") ? JSON.parse(received) : received;
          const status = response.statusCode ?? 0;
          resolve({ status, headers: response.headers, body: parsed, reason: reasonOf(parsed) });
        })
        .catch(reject);
    },
  );
  outgoing.on("error", reject);
  outgoing.end(content);
  return promise;
}

const problem = validator(Problem);

/** Why something was refused; undefined where it is no problem document of the API. */
export function reasonOf(body: unknown): ProblemReason | undefined {
  return problem.check(body) ? problemReason(body.type) : undefined;
}

/** What came back is what the API says this route answers, or a refusal that it says this route has. */
function assertDescribed({ method, path }: Sent, { status, body, reason }: Answered): void {
  const plain = path.replace(/\?.*$/, "");
  const route = Object.values<Route>(routes).find(
    (each) =>
      each.method === method && new RegExp(`^${each.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(plain),
  );
  if (route === undefined) return;
  if (status >= 400) {
    assert.ok(reason !== undefined, `${method} ${path} gave ${status} without a problem`);
    assert.ok(
      [...route.problems, ...sharedProblems].includes(reason),
      `${path} does not say that it has ${reason}`,
    );
    return;
  }
  const form = route.answers[status];
  assert.ok(form !== undefined, `${method} ${path} does not say that it answers ${status}`);
  if (form.form === "json") assert.deepEqual(validator(form.schema).errors(body), []);
}

async function enrol(
  store: Store,
  clock: VirtualClock,
  { serialNumber, approval }: { serialNumber: string; approval: "waiting" | "approved" },
): Promise<DeviceKey> {
  const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "IGD", SerialNumber: serialNumber };
  const key = deviceKey(deviceId);
  assert.ok(key !== undefined);
  await store.commit("enrol-device", {
    key,
    deviceId,
    approval,
    by: approval === "approved" ? "open-enrolment" : "first-contact",
    address: "192.0.2.1",
    at: clock.now(),
    maxWaiting: 10,
    maxWaitingPerAddress: 10,
    events: [],
  });
  return key;
}

async function inform(
  store: Store,
  at: number,
  { device, events = [], parameters = {}, facts = {} }: Informed & { readonly device: DeviceKey },
): Promise<void> {
  const known = await store.device(device);
  assert.ok(known !== undefined);
  const opened = await store.commit("open-connection", {
    key: device,
    connection: { ...held(at), transport: "classic" },
    address: "192.0.2.1",
    at,
    facts,
    style: { namespace: "urn:dslforum-org:cwmp-1-2", declaration: true },
    lightSubprotocol: undefined,
    credentialVersion: known.credentialVersion,
    parameters,
    booted: false,
    bootstrapped: false,
    events: events.map((name) => ({ at, device, name, data: {} })),
  });
  assert.equal(opened.type, "opened");
}

async function connectLight(store: Store, at: number, device: DeviceKey): Promise<() => Promise<void>> {
  const known = await store.device(device);
  assert.ok(known !== undefined);
  const opened = await store.commit("open-light-connection", {
    key: device,
    connection: { ...held(at), transport: "light" },
    address: "192.0.2.2",
    subprotocol: "cwmp.json",
    credentialVersion: known.credentialVersion,
    events: [{ at, device, name: "connected", data: { subprotocol: "cwmp.json", address: "192.0.2.2" } }],
  });
  assert.equal(opened.type, "opened");
  const { connection, generation } = opened.device;
  assert.ok(connection !== undefined);
  return async () => {
    await store.commit("close-connection", {
      key: device,
      connection: connection.id,
      generation,
      events: [{ at, device, name: "disconnected", data: { detail: "1000, by the device" } }],
    });
  };
}

/** A connection of its own, held by the one gateway and the one engine there are. */
function held(openedAt: number) {
  return {
    id: connectionId(systemRandom.hex(8)),
    gateway: gatewayId("gateway"),
    engine: engineId("engine"),
    openedAt,
  };
}

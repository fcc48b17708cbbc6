import { createHash } from "node:crypto";
import { memoryBus } from "../bus/memory.ts";
import { startEngine, type EngineSettings } from "../engine/engine.ts";
import type { EnginePorts } from "../engine/devices.ts";
import { startNorthbound } from "../northbound/start-northbound.ts";
import type { Bus, Log, Store } from "../ports/index.ts";
import { startCwmpGateway } from "../southbound/cwmp/gateway.ts";
import { startWake } from "../southbound/wake/wake.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { lockData } from "./data-lock.ts";
import { openDataFolder, type ClientFile, type DataFolder } from "./data-folder.ts";
import { firstContactPassword, secretKeyVault } from "./secret-key.ts";
import { authority, type Listener, type Settings } from "./settings.ts";
import { systemClock } from "./system-clock.ts";
import { systemRandom } from "./system-random.ts";

/** What a test may put between the parts and the outside, such as a store that dies at a given commit. */
export interface Adaptation {
  readonly store?: (store: Store) => Store;
  readonly log?: Log;
}

export interface RunningServer {
  /** What to put into a device: the ACS URL, and the shared first-contact secret. */
  readonly acsUrl: string;
  readonly firstContact: { readonly username: string; readonly password: string };
  readonly northboundUrl: string;
  /** The token of this machine's command line; where `admin-token` is set, that one. */
  readonly token: string;
  /** Stops taking work, ends what runs, commits what waits. Stopping twice is no error. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

const engineSettings: EngineSettings = {
  maxOpenOperations: 100,
  defaultExpiryMs: DAY_MS,
  maxRpcs: 64,
  retention: {
    eventsMs: 30 * DAY_MS,
    maxEvents: 10_000_000,
    operationsMs: 90 * DAY_MS,
    auditMs: 365 * DAY_MS,
  },
};

/** Version of the server as its OpenAPI document says. */
const VERSION = "0.1.0";

/**
 * Puts the parts together and starts them: the data folder, store and bus first, then the engine, then both sides. They stop
 * in the reverse order, also where a later one cannot start. Rejects with {@link DataInUseError} where another server runs on
 * the same data.
 */
export async function startServer(settings: Settings, adaptation: Adaptation = {}): Promise<RunningServer> {
  await using starting = new AsyncDisposableStack();
  const log = adaptation.log ?? silentLog;
  const folder = openDataFolder(settings.data);
  const lock = lockData(settings.data);
  starting.defer(() => {
    lock.release();
  });
  const secret = settings.secretKey ?? folder.secretKey();
  const opened = await openSqliteStore({ path: folder.store });
  starting.defer(() => opened.close());
  const bus = inProcessBus(log);
  starting.defer(() => bus.close());
  const store = adaptation.store?.(opened) ?? opened;
  const ports = { bus, store, clock: systemClock, random: systemRandom, log, vault: secretKeyVault(secret) };
  const firstContact = {
    username: settings.deviceUser,
    password: settings.devicePassword ?? firstContactPassword(secret),
  };
  const { southbound, northbound } = await startRoles(ports, { settings, firstContact, starting });
  const northboundUrl = `http://${authority(reachable(northbound))}`;
  const token = await localToken({ settings, folder, store, url: northboundUrl });
  log.info("started", { southbound: authority(southbound), northbound: northboundUrl });
  const running = starting.move();
  return {
    acsUrl: settings.publicUrl ?? `http://${authority(reachable(southbound))}/`,
    firstContact,
    northboundUrl,
    token,
    close: () => running.disposeAsync(),
  };
}

interface Starting {
  readonly settings: Settings;
  readonly firstContact: { readonly username: string; readonly password: string };
  /** What has started so far, to be stopped again. */
  readonly starting: AsyncDisposableStack;
}

/** Starts the engine, then what asks it; gives the addresses both sides listen on. */
async function startRoles(
  ports: EnginePorts,
  { settings, firstContact, starting }: Starting,
): Promise<{ readonly southbound: Listener; readonly northbound: Listener }> {
  const engine = await startEngine(ports, engineSettings);
  starting.defer(() => engine.close());
  const { connectionRequestNetworks, openEnrolment, behindProxy, insecure, adminToken } = settings;
  const wake = await startWake(ports, { connectionRequestNetworks });
  starting.defer(() => wake.close());
  const cwmp = { ...settings.southbound, firstContact, openEnrolment, behindProxy, insecure };
  const southbound = await startCwmpGateway(ports, cwmp);
  starting.defer(() => southbound.close());
  const northbound = await startNorthbound(ports, {
    ...settings.northbound,
    ...(adminToken === undefined ? {} : { adminToken }),
    hostNames: [settings.northbound.host, ...settings.northboundNames],
    behindProxy,
    version: VERSION,
  });
  starting.defer(() => northbound.close());
  return { southbound: southbound.address, northbound: northbound.address };
}

function inProcessBus(log: Log): Bus {
  return memoryBus({
    clock: systemClock,
    onError: (error, subject) => {
      log.error("a subscriber failed", { subject, error: error instanceof Error ? error : undefined });
    },
  });
}

interface LocalToken {
  readonly settings: Settings;
  readonly folder: DataFolder;
  readonly store: Store;
  readonly url: string;
}

/** The token in client.json, made at first start; one that was revoked is replaced. */
async function localToken({ settings, folder, store, url }: LocalToken): Promise<string> {
  const known = folder.readClient();
  const token = settings.adminToken ?? (await goodToken(known, store)) ?? (await makeToken(store));
  const client: ClientFile = { url, token };
  if (known?.url !== client.url || known.token !== client.token) folder.writeClient(client);
  return token;
}

async function goodToken(client: ClientFile | undefined, store: Store): Promise<string | undefined> {
  if (client === undefined) return undefined;
  const kept = await store.apiToken(hashOf(client.token));
  return kept !== undefined && kept.revokedAt === undefined ? client.token : undefined;
}

async function makeToken(store: Store): Promise<string> {
  const token = systemRandom.hex(32);
  const id = systemRandom.hex(8);
  const createdAt = systemClock.now();
  await store.commit("add-token", {
    token: { id, name: "local", hash: hashOf(token), createdAt },
    audit: { at: createdAt, manager: "heliograph", action: "create-token", detail: { id, name: "local" } },
  });
  return token;
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Any address is not an address one can call: on this machine, loopback is. */
function reachable({ host, port }: Listener): Listener {
  return { host: host === "::" || host === "0.0.0.0" ? "127.0.0.1" : host, port };
}

const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

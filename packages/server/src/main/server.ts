import { createHash } from "node:crypto";
import { memoryBus } from "../bus/memory.ts";
import { startEngine, type EngineSettings } from "../engine/engine.ts";
import { startNorthbound } from "../northbound/start-northbound.ts";
import type { Bus, Log, Store } from "../ports/index.ts";
import { startCwmpGateway } from "../southbound/cwmp/gateway.ts";
import { startWake } from "../southbound/wake/wake.ts";
import { openSqliteStore } from "../store/sqlite.ts";
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

/** Puts the parts together and starts them: bus and store first, then the engine, then both sides. */
export async function startServer(settings: Settings, adaptation: Adaptation = {}): Promise<RunningServer> {
  const log = adaptation.log ?? silentLog;
  const folder = openDataFolder(settings.data);
  const secret = settings.secretKey ?? folder.secretKey();
  const opened = await openSqliteStore({ path: folder.store });
  const store = adaptation.store?.(opened) ?? opened;
  const bus = inProcessBus(log);
  const ports = { bus, store, clock: systemClock, random: systemRandom, log, vault: secretKeyVault(secret) };
  const stack = new AsyncDisposableStack();
  stack.defer(() => store.close());
  stack.defer(() => bus.close());
  try {
    const firstContact = {
      username: settings.deviceUser,
      password: settings.devicePassword ?? firstContactPassword(secret),
    };
    const engine = await startEngine(ports, engineSettings);
    stack.defer(() => engine.close());
    const wake = await startWake(ports, { connectionRequestNetworks: settings.connectionRequestNetworks });
    stack.defer(() => wake.close());
    const southbound = await startCwmpGateway(ports, {
      ...settings.southbound,
      firstContact,
      openEnrolment: settings.openEnrolment,
      behindProxy: settings.behindProxy,
      insecure: settings.insecure,
    });
    stack.defer(() => southbound.close());
    const northbound = await startNorthbound(ports, {
      ...settings.northbound,
      ...(settings.adminToken === undefined ? {} : { adminToken: settings.adminToken }),
      hostNames: [settings.northbound.host, ...settings.northboundNames],
      behindProxy: settings.behindProxy,
      version: VERSION,
    });
    stack.defer(() => northbound.close());
    const northboundUrl = `http://${authority(reachable(northbound.address))}`;
    const token = await localToken({ settings, folder, store, url: northboundUrl });
    log.info("started", { southbound: authority(southbound.address), northbound: northboundUrl });
    return {
      acsUrl: settings.publicUrl ?? `http://${authority(reachable(southbound.address))}/`,
      firstContact,
      northboundUrl,
      token,
      close: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
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

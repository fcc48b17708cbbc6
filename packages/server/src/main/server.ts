import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { startBackups } from "../engine/backups.ts";
import { startCampaigns } from "../engine/campaigns.ts";
import { startBringingAbout } from "../engine/policies/bringing-about.ts";
import { startEngine, type EngineSettings } from "../engine/engine.ts";
import { startWebhooks } from "../engine/webhooks.ts";
import { startNorthbound } from "../northbound/start-northbound.ts";
import type { FileStore, Log, Metrics, Store, Traces } from "../ports/index.ts";
import type { SouthboundPorts } from "../southbound/southbound-ports.ts";
import { fileComparer } from "../store/files/compare-files.ts";
import { openDiskFiles } from "../store/files/disk-files.ts";
import { openQuirkBook } from "../store/quirk-book.ts";
import { openPostgresStore } from "../store/postgres.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { openCertificate } from "./certificate.ts";
import { lockData } from "./data-lock.ts";
import { DataFolderError, openDataFolder, type ClientFile, type DataFolder } from "./data-folder.ts";
import { fileLinks } from "./file-links.ts";
import { grantTokens } from "./grant-tokens.ts";
import { letterSender } from "./letter-sender.ts";
import { lightKeys, lightTokenMinter, lightTokenVerifier } from "./light-tokens.ts";
import { measuredBus } from "./metrics/measured-bus.ts";
import { promMetrics } from "./metrics/prom-metrics.ts";
import { watchFiles, watchStore } from "./metrics/watch-store.ts";
import { openBus } from "./open-bus.ts";
import { postgresAddress } from "./postgres-address.ts";
import { firstContactPassword, secretKeyVault } from "./secret-key.ts";
import { authority, type Listener, type Settings } from "./settings.ts";
import { startSouthbound, type FirstContact, type Southbound, type StartingTls } from "./southbound.ts";
import { systemClock } from "./system-clock.ts";
import { systemRandom } from "./system-random.ts";
import { openTraces } from "./traces.ts";
import { transferUrls } from "./transfer-urls.ts";
import { webhookSeal } from "./webhook-secrets.ts";

/** What a test may put between the parts and the outside, such as a store that dies at a given commit. */
export interface Adaptation {
  readonly store?: (store: Store) => Store;
  readonly log?: Log;
}

export interface RunningServer {
  /** What to put into a device: the ACS URL, and the shared first-contact secret. */
  readonly acsUrl: string;
  /** The ACS URL with TLS, where there is a certificate and no public URL. */
  readonly secureAcsUrl?: string;
  readonly firstContact: FirstContact;
  readonly northboundUrl: string;
  /** Where devices may speak STOMP without a WebSocket; undefined where that is nowhere. */
  readonly stomp: Southbound["stomp"];
  /** Where datagrams of devices are taken; undefined where that is nowhere. */
  readonly udp: Southbound["udp"];
  /** The token of this machine's command line; where `admin-token` is set, that one. */
  readonly token: string;
  /** Reads the certificate's files now; without one there is nothing to read. */
  reloadCertificate(): void;
  /** Stops taking work, ends what runs, commits what waits. Stopping twice is no error. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
/** For whoever a webhook leads to, to take a letter. */
const LETTER_MS = 10_000;

const engineSettings: Omit<EngineSettings, "lightGraceMs" | "callTimeoutMs" | "transferMs"> = {
  maxOpenOperations: 100,
  defaultExpiryMs: DAY_MS,
  /** As many as a transaction may hold [LIGHT 5]. */
  maxRpcs: 100,
  retention: {
    eventsMs: 30 * DAY_MS,
    maxEvents: 10_000_000,
    operationsMs: 90 * DAY_MS,
    auditMs: 365 * DAY_MS,
  },
};

/** Version of the server as its OpenAPI document says. */
const VERSION = "0.1.0";

/** The names of the keys that sign light tokens, newest first: a new one in front takes over without cutting anybody off. */
const LIGHT_KIDS = ["1"] as const;

/**
 * Puts the parts together and starts them: the data folder, store and bus first, then the engine, then both sides. They stop
 * in the reverse order, also where a later one cannot start. Rejects with {@link DataInUseError} where another server runs on
 * the same data, and with {@link SettingError} where the certificate cannot be used.
 */
export async function startServer(settings: Settings, adaptation: Adaptation = {}): Promise<RunningServer> {
  await using starting = new AsyncDisposableStack();
  const log = adaptation.log ?? silentLog;
  const tls = settings.tls && { ...settings.tls, certificate: openCertificate(settings.tls) };
  const folder = openDataFolder(settings.data);
  const lock = lockData(settings.data);
  starting.defer(() => {
    lock.release();
  });
  const metrics = promMetrics();
  const opened = await openStore(settings, folder, { log, metrics });
  starting.defer(() => opened.close());
  const secret = settings.secretKey ?? (await secretKeyOf(folder, opened));
  const { bus: carrier, relayed } = await openBus(settings, { clock: systemClock, log });
  starting.defer(() => carrier.close());
  const bus = measuredBus(carrier, metrics);
  const kept = relayed(opened);
  const store = adaptation.store?.(kept) ?? kept;
  const quirks = await openQuirkBook({ store, bus, clock: systemClock, log });
  starting.defer(() => {
    quirks.close();
  });
  const vault = secretKeyVault(secret);
  const tracing = await openTraces({ bus, store, clock: systemClock, log }, folder.traces);
  starting.defer(() => tracing.close());
  const { traces } = tracing;
  const ports = { bus, store, clock: systemClock, random: systemRandom, log, vault, quirks, traces, metrics };
  const files = await openDiskFiles({
    folder: folder.files,
    ...{ clock: systemClock, random: systemRandom, limits: settings.files },
  });
  const { southbound, northbound } = await startRoles(ports, { settings, secret, tls, files, starting });
  const northboundUrl = `http://${authority(reachable(northbound))}`;
  const token = await localToken({ settings, folder, store, url: northboundUrl });
  logStart(log, settings, { southbound, northboundUrl });
  const running = starting.move();
  return {
    ...acsUrls(settings, southbound),
    firstContact: firstContactOf(settings, secret),
    northboundUrl,
    stomp: southbound.stomp,
    udp: southbound.udp,
    token,
    reloadCertificate: () => {
      southbound.reloadCertificate();
    },
    close: () => running.disposeAsync(),
  };
}

/** In PostgreSQL one server works at a time, as in its file: nobody else knows of its connections. */
async function openStore({ database }: Settings, folder: DataFolder, told: Told): Promise<Store> {
  const store =
    database === undefined
      ? await openSqliteStore({ path: folder.store, ...told })
      : await openPostgresStore({ address: postgresAddress(database), isAlone: true, ...told });
  watchStore(store, told.metrics);
  return store;
}

interface Told {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Made at first start. Devices that were given credentials with one could never be let in with another. */
async function secretKeyOf(folder: DataFolder, store: Store): Promise<string> {
  const known = folder.readSecretKey();
  if (known !== undefined) return known;
  const { items } = await store.devices({ limit: 1 });
  if (items.length === 0) return folder.makeSecretKey();
  throw new DataFolderError(
    `secret.key is missing in ${dirname(folder.store)}, and devices in the store were given credentials with it: ` +
      "put a copy of it back, or start with --secret-key",
  );
}

interface Starting {
  readonly settings: Settings;
  readonly secret: string;
  readonly tls: StartingTls | undefined;
  readonly files: FileStore;
  /** What has started so far, to be stopped again. */
  readonly starting: AsyncDisposableStack;
}

/** Starts the engine, then what asks it; gives both sides. */
async function startRoles(
  ports: SouthboundPorts & { readonly traces: Traces; readonly metrics: Metrics },
  { settings, secret, tls, files, starting }: Starting,
): Promise<{ readonly southbound: Southbound; readonly northbound: Listener }> {
  const { signing, verifying } = lightKeys(secret, LIGHT_KIDS);
  // Nobody is connected yet, whatever an earlier run left in the store when it was killed.
  await ports.store.commit("close-stale-connections", { at: ports.clock.now() });
  const links = fileLinks(secret);
  let ownUrl = "";
  const urls = transferUrls({ files, links, publicUrl: settings.publicUrl, ownUrl: () => ownUrl });
  const engine = await startEngine(
    { ...ports, tokens: lightTokenMinter(signing, ports.clock), urls },
    {
      ...engineSettings,
      lightGraceMs: settings.lightGraceSeconds * 1_000,
      callTimeoutMs: settings.callTimeoutSeconds * 1_000,
      transferMs: settings.transferTimeoutSeconds * 1_000,
    },
  );
  starting.defer(() => engine.close());
  const comparer = fileComparer(files);
  const backups = startBackups({ ...ports, files, comparer });
  starting.defer(() => backups.close());
  const campaigns = startCampaigns(ports);
  starting.defer(() => campaigns.close());
  const bringing = startBringingAbout({ ...ports, files });
  starting.defer(() => bringing.close());
  const webhookSecrets = webhookSeal(secret);
  const letters = letterSender({
    seal: webhookSecrets,
    networks: settings.webhookNetworks,
    timeoutMs: LETTER_MS,
  });
  const webhooks = startWebhooks({ ...ports, letters });
  starting.defer(() => webhooks.close());
  const firstContact = firstContactOf(settings, secret);
  const tokens = lightTokenVerifier(verifying);
  const { metrics } = ports;
  watchFiles(files, metrics);
  const side = { settings, firstContact, tokens, tls, files, links, metrics, starting };
  const southbound = await startSouthbound(ports, side);
  ownUrl = acsUrls(settings, southbound).acsUrl;
  const { behindProxy, adminToken } = settings;
  const northbound = await startNorthbound(
    {
      ...ports,
      ...{ files, comparer, webhookSecrets, grantTokens: grantTokens(secret, ports.clock) },
      sendsAway: southbound.sendsAway,
    },
    {
      ...settings.northbound,
      ...(adminToken === undefined ? {} : { adminToken }),
      hostNames: [settings.northbound.host, ...settings.northboundNames],
      behindProxy,
      version: VERSION,
    },
  );
  starting.defer(() => northbound.close());
  return { southbound, northbound: northbound.address };
}

function firstContactOf({ deviceUser, devicePassword }: Settings, secret: string): FirstContact {
  return { username: deviceUser, password: devicePassword ?? firstContactPassword(secret) };
}

function acsUrls(
  { publicUrl }: Settings,
  { address, secureAddress }: Southbound,
): Pick<RunningServer, "acsUrl" | "secureAcsUrl"> {
  if (publicUrl !== undefined) return { acsUrl: publicUrl };
  const acsUrl = `http://${authority(reachable(address))}/`;
  if (secureAddress === undefined) return { acsUrl };
  return { acsUrl, secureAcsUrl: `https://${authority(reachable(secureAddress))}/` };
}

function logStart(
  log: Log,
  { allowPlainLight }: Settings,
  { southbound, northboundUrl }: { readonly southbound: Southbound; readonly northboundUrl: string },
): void {
  const { address, secureAddress, stomp, udp } = southbound;
  log.info("started", {
    southbound: authority(address),
    southboundTls: secureAddress && authority(secureAddress),
    stomp: stomp.address && authority(stomp.address),
    stompTls: stomp.secureAddress && authority(stomp.secureAddress),
    stun: udp.stun && authority(udp.stun),
    udpNotifications: udp.notifications && authority(udp.notifications),
    northbound: northboundUrl,
  });
  if (allowPlainLight) log.warn("allow-plain-light: tokens of devices travel without TLS");
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
    token: { id, name: "local", role: "admin", hash: hashOf(token), createdAt },
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

import { dirname } from "node:path";
import { askingHeardEngines } from "../bus/heard-engines.ts";
import { tellOfEvents } from "../engine/tell-of-events.ts";
import type { FileStore, Log, Metrics, Store } from "../ports/index.ts";
import { openDiskFiles } from "../store/files/disk-files.ts";
import { openPostgresFiles } from "../store/files/postgres-files.ts";
import { openQuirkBook } from "../store/quirk-book.ts";
import { openPostgresStore } from "../store/postgres.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { openCertificate } from "./certificate.ts";
import { DataFolderError, openDataFolder, type DataFolder } from "./data-folder.ts";
import { lockData } from "./data-lock.ts";
import { isAlone, startEngineRole } from "./engine-role.ts";
import { fileLinks } from "./file-links.ts";
import type { Ground } from "./ground.ts";
import { startHealth } from "./health.ts";
import { measuredBus } from "./metrics/measured-bus.ts";
import { promMetrics } from "./metrics/prom-metrics.ts";
import { watchFiles, watchStore } from "./metrics/watch-store.ts";
import { startNorthboundRole, VERSION, type Managed } from "./northbound-role.ts";
import { openBus } from "./open-bus.ts";
import { postgresAddress } from "./postgres-address.ts";
import { firstContactPassword, secretKeyVault } from "./secret-key.ts";
import { authority, reachable, type Settings } from "./settings.ts";
import { startSouthbound, type FirstContact, type Southbound, type StartingTls } from "./southbound.ts";
import { openSpans } from "./spans/open-spans.ts";
import { systemClock } from "./system-clock.ts";
import { systemRandom } from "./system-random.ts";
import { openTraces } from "./traces.ts";

/** What a test may put between the parts and the outside, such as a store that dies at a given commit. */
export interface Adaptation {
  readonly store?: (store: Store) => Store;
  readonly log?: Log;
}

/** One process of the ACS, with the roles of its settings. */
export interface RunningProcess {
  /** The shared first-contact secret. */
  readonly firstContact: FirstContact;
  /** Where devices come; undefined where none do. */
  readonly southbound: Southbound | undefined;
  /** Where managers come; undefined where none do. */
  readonly northbound: Managed | undefined;
  /** Where the process says how it is; undefined where the northbound does. */
  readonly healthUrl: string | undefined;
  /** Stops taking work, ends what runs, commits what waits. Stopping twice is no error. */
  close(): Promise<void>;
}

/**
 * Puts the parts together and starts them: the data folder, store and bus first, then the roles, the engine before those who
 * ask it. They stop in the reverse order, also where a later one cannot start. Rejects with {@link DataInUseError} where
 * another process runs on the same data, and with {@link SettingError} where the certificate cannot be used.
 */
export async function startProcess(settings: Settings, adaptation: Adaptation = {}): Promise<RunningProcess> {
  await using starting = new AsyncDisposableStack();
  const log = adaptation.log ?? silentLog;
  const tls = settings.tls && { ...settings.tls, certificate: openCertificate(settings.tls) };
  const ground = await openGround(settings, { ...adaptation, log }, starting);
  const firstContact = firstContactOf(settings, ground.secret);
  const { southbound, northbound } = await startRoles(ground, { firstContact, tls });
  const health = settings.roles.includes("api")
    ? undefined
    : await startHealth(ground.ports, settings.health);
  starting.defer(() => health?.close());
  const healthUrl = health && `http://${authority(reachable(health.address))}`;
  logStart(log, settings, { southbound, northboundUrl: northbound?.url, healthUrl });
  const running = starting.move();
  return { firstContact, southbound, northbound, healthUrl, close: () => running.disposeAsync() };
}

/** What the roles stand on: it is opened first, and closed last. */
async function openGround(
  settings: Settings,
  { log, ...adaptation }: Adaptation & { readonly log: Log },
  starting: AsyncDisposableStack,
): Promise<Ground> {
  const folder = openDataFolder(settings.data);
  const lock = lockData(settings.data);
  starting.defer(() => {
    lock.release();
  });
  const metrics = promMetrics();
  const spanning = await openSpans(settings.spans, { clock: systemClock, log, version: VERSION });
  starting.defer(() => spanning?.close());
  const spans = spanning && { spans: spanning.spans };
  const opened = await openStore(settings, folder, { log, metrics });
  starting.defer(() => opened.close());
  const secret = settings.secretKey ?? (await secretKeyOf(folder, opened));
  const { bus: connected, relayed } = await openBus(settings, {
    ...{ store: opened, clock: systemClock, log },
    ...spans,
  });
  const carrier = isAlone(settings) ? connected : askingHeardEngines(connected, systemClock);
  starting.defer(() => carrier.close());
  const bus = measuredBus(spanning?.bus(carrier) ?? carrier, metrics);
  const kept = relayed(spanning?.store(opened) ?? opened);
  const store = adaptation.store?.(kept) ?? kept;
  const quirks = await openQuirkBook({ store, bus, clock: systemClock, log });
  starting.defer(() => {
    quirks.close();
  });
  const tracing = await openTraces({ bus, store, clock: systemClock, log }, folder.traces);
  starting.defer(() => tracing.close());
  const ports = {
    ...{ bus, store, clock: systemClock, random: systemRandom, log, vault: secretKeyVault(secret) },
    ...{ quirks, traces: tracing.traces, metrics },
  };
  const files = await openFiles(settings, folder, starting);
  watchFiles(files, metrics);
  return { settings, folder, secret, ports, files, links: fileLinks(secret), spanning, starting };
}

/** In PostgreSQL one server works at a time, unless they meet on a bus: nobody else knows of its connections. */
async function openStore({ database, nats }: Settings, folder: DataFolder, told: Told): Promise<Store> {
  const store =
    database === undefined
      ? await openSqliteStore({ path: folder.store, ...told })
      : await openPostgresStore({
          ...{ address: postgresAddress(database), isAlone: nats === undefined },
          ...told,
        });
  watchStore(store, told.metrics);
  return store;
}

interface Told {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Where the store is a database files are in it as well: each process gives and takes all of them. */
async function openFiles(
  { database, files: limits }: Settings,
  folder: DataFolder,
  starting: AsyncDisposableStack,
): Promise<FileStore> {
  const ports = { clock: systemClock, random: systemRandom, limits };
  if (database === undefined) return openDiskFiles({ folder: folder.files, ...ports });
  const files = await openPostgresFiles({ address: postgresAddress(database), ...ports });
  starting.defer(() => files.close());
  return files;
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

interface ForDevices {
  readonly firstContact: FirstContact;
  readonly tls: StartingTls | undefined;
}

/** Starts the engine, then what asks it; gives both sides. */
async function startRoles(
  ground: Ground,
  { firstContact, tls }: ForDevices,
): Promise<Pick<RunningProcess, "southbound" | "northbound">> {
  const { roles } = ground.settings;
  let ownUrl = "";
  if (roles.includes("engine")) await startEngineRole(ground, { ownUrl: () => ownUrl });
  else startTelling(ground);
  const isCalled = roles.includes("cwmp") || roles.includes("light");
  const southbound = isCalled ? await startSouthbound(ground, { firstContact, tls }) : undefined;
  ownUrl = southbound?.acsUrl ?? ownUrl;
  const northbound = roles.includes("api") ? await startNorthboundRole(ground, southbound) : undefined;
  return { southbound, northbound };
}

/** The engine that carries events to the bus is elsewhere. */
function startTelling({ ports, starting }: Ground): void {
  const telling = tellOfEvents(ports);
  starting.defer(() => {
    telling.close();
  });
}

function firstContactOf({ deviceUser, devicePassword }: Settings, secret: string): FirstContact {
  return { username: deviceUser, password: devicePassword ?? firstContactPassword(secret) };
}

interface Started {
  readonly southbound: Southbound | undefined;
  readonly northboundUrl: string | undefined;
  readonly healthUrl: string | undefined;
}

function logStart(
  log: Log,
  { roles, allowPlainLight }: Settings,
  { southbound, northboundUrl, healthUrl }: Started,
): void {
  const { address, secureAddress, stomp, udp } = southbound ?? {};
  log.info("started", {
    roles: roles.join(","),
    southbound: address && authority(address),
    southboundTls: secureAddress && authority(secureAddress),
    stomp: stomp?.address && authority(stomp.address),
    stompTls: stomp?.secureAddress && authority(stomp.secureAddress),
    stun: udp?.stun && authority(udp.stun),
    udpNotifications: udp?.notifications && authority(udp.notifications),
    northbound: northboundUrl,
    health: healthUrl,
  });
  if (allowPlainLight) log.warn("allow-plain-light: tokens of devices travel without TLS");
}

const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { deviceKey } from "@heliograph/protocol";
import type { CompactValue, DeviceKey } from "@heliograph/protocol";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../src/bus/memory.ts";
import { secretKeyVault } from "../src/main/secret-key.ts";
import { systemRandom } from "../src/main/system-random.ts";
import { connectionId, engineId, gatewayId, quirkBook, subjects } from "../src/ports/index.ts";
import type { TraceDesk, WakeOutcome } from "../src/ports/index.ts";
import type { SouthboundPorts } from "../src/southbound/southbound-ports.ts";
import { startWake } from "../src/southbound/wake/wake.ts";
import type { WakeSettings } from "../src/southbound/wake/wake.ts";
import { openSqliteStore } from "../src/store/sqlite.ts";
import { openScriptedCpe } from "./scripted-cpe.ts";
import type { ScriptedCpe, ScriptedReply } from "./scripted-cpe.ts";
import { untraced } from "./untraced.ts";

/** The waker with the real store, one device, and that device's own connection request server on loopback. */
export interface WakeBench extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly cpe: ScriptedCpe;
  wake(key?: DeviceKey): Promise<WakeOutcome>;
  /** Lets what is under way in the store and the event loop come to rest. */
  settle(): Promise<void>;
}

export interface WakeBenchOptions {
  readonly replies: readonly ScriptedReply[];
  /** Where the device's last Inform came from. */
  readonly address?: string;
  /** The host in its ConnectionRequestURL. */
  readonly host?: string;
  readonly url?: string;
  readonly credentials?: readonly ("confirmed" | "staged")[];
  /** What its Inform says below `Device.ManagementServer.`. */
  readonly parameters?: Readonly<Record<string, CompactValue>>;
  readonly settings?: Partial<WakeSettings>;
  /** Who is traced; left out: nobody. */
  readonly traces?: TraceDesk;
}

export async function openWakeBench(options: WakeBenchOptions): Promise<WakeBench> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(tempDir());
  const cpe = stack.use(await openScriptedCpe(options.replies));
  const clock = new VirtualClock();
  const store = await openSqliteStore({ path: directory.file("store.sqlite"), thread: "caller" });
  stack.defer(() => store.close());
  const bus = memoryBus({ clock, onError: rethrow });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const vault = secretKeyVault("0f".repeat(32));
  const ports: SouthboundPorts = {
    bus,
    store,
    clock,
    vault,
    log,
    random: systemRandom,
    quirks: quirkBook([]),
    traces: options.traces ?? untraced,
  };
  await enrolDevice(
    ports,
    options.url ?? `http://${options.host ?? "127.0.0.1"}:${cpe.port}/cr?x=1`,
    options,
  );
  const wake = await startWake(ports, { connectionRequestNetworks: [], ...options.settings });
  stack.defer(() => wake.close());
  const moved = stack.move();
  return {
    clock,
    cpe,
    wake: (device = wakeKey("S1")) => bus.request(subjects.wake, { device }, { timeoutMs: 60_000 }),
    settle: async () => {
      await store.lastEventId();
      await setImmediate();
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

async function enrolDevice(
  { store, vault }: SouthboundPorts,
  connectionRequestUrl: string,
  { address = "127.0.0.1", credentials = [], parameters = {} }: WakeBenchOptions,
): Promise<void> {
  const key = wakeKey("S1");
  const deviceId = { Manufacturer: "M", OUI: "001122", ProductClass: "Box", SerialNumber: "S1" };
  const bounds = { maxWaiting: 1, maxWaitingPerAddress: 1, events: [] };
  await store.commit("enrol-device", {
    key,
    deviceId,
    approval: "approved",
    by: "open-enrolment",
    address,
    at: 1,
    ...bounds,
  });
  await store.commit("open-connection", {
    key,
    connection: {
      id: connectionId("c1"),
      transport: "classic",
      gateway: gatewayId("g1"),
      engine: engineId("e1"),
      openedAt: 1,
    },
    address,
    at: 1,
    facts: { root: "Device.", connectionRequestUrl },
    style: { namespace: "urn:dslforum-org:cwmp-1-0", declaration: false },
    lightSubprotocol: undefined,
    credentialVersion: 1,
    parameters: { "Device.ManagementServer.": parameters },
    booted: false,
    bootstrapped: false,
    events: [],
  });
  for (const name of credentials) {
    const secrets = {
      username: key,
      ha1: vault.ha1(key, name),
      connectionRequestUsername: `user-${name}`,
      connectionRequestPassword: `pass-${name}`,
    };
    const sealed = vault.seal(secrets);
    await store.commit("stage-credentials", { device: key, sealed });
    if (name === "confirmed") {
      await store.commit("confirm-credentials", { device: key, staged: sealed, sealed, at: 1, events: [] });
    }
  }
}

export function wakeKey(SerialNumber: string): DeviceKey {
  const key = deviceKey({ Manufacturer: "M", OUI: "001122", ProductClass: "Box", SerialNumber });
  assert.ok(key);
  return key;
}

function rethrow(error: unknown): never {
  throw error;
}

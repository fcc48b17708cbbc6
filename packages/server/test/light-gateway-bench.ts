import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { Server } from "node:net";
import { setImmediate } from "node:timers/promises";
import { deviceKey } from "@heliograph/protocol";
import type { DeviceKey } from "@heliograph/protocol";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import type { LightAnnouncement, LightClaims, TokenVerifier, TraceDesk } from "../src/ports/index.ts";
import { startLightGateway } from "../src/southbound/light/gateway.ts";
import type { LightGateway } from "../src/southbound/light/gateway.ts";
import type { LightBounds, LightSettings } from "../src/southbound/light/light-settings.ts";
import type { LoadBounds } from "../src/southbound/load.ts";
import type { GatewayPorts } from "../src/southbound/southbound-ports.ts";
import { openGatewayPorts, type LogLine } from "./gateway-ports.ts";
import { knock, openDevice } from "./light-gateway-device.ts";
import type { DeviceOptions, LightGatewayDevice, UpgradeRefusal } from "./light-gateway-device.ts";
import { LightEngine } from "./light-gateway-engine.ts";
import type { LightEngineScript } from "./light-gateway-engine.ts";

export interface LightBenchOptions {
  readonly settings?: Partial<LightSettings>;
  readonly bounds?: Partial<LightBounds>;
  readonly load?: Partial<LoadBounds>;
  readonly engine?: LightEngineScript;
  /** Who is traced; left out: nobody. */
  readonly traces?: TraceDesk;
}

/** A device with its connection, as the engine was told of it. */
export interface Connected {
  readonly device: LightGatewayDevice;
  readonly announcement: LightAnnouncement;
}

/** A gateway on a loopback port, with the real store, an engine that its test scripts, and time that its test lets pass. */
export interface LightBench extends AsyncDisposable {
  readonly ports: GatewayPorts;
  readonly clock: VirtualClock;
  readonly engine: LightEngine;
  readonly gateway: LightGateway;
  readonly log: readonly LogLine[];
  readonly port: number;
  readonly url: string;
  /** Where STOMP is spoken without a WebSocket. */
  readonly stompPort: number;
  /** An approved device, and a token that is good for it. */
  enrol(serial?: string): Promise<{ readonly key: DeviceKey; readonly token: string }>;
  /** A token that says so. */
  mint(claims: Partial<LightClaims> & Pick<LightClaims, "device">): string;
  /** A device that is connected, and owned by the engine. */
  connect(serial?: string, options?: DeviceOptions): Promise<Connected>;
  /** One that is attached, besides. */
  attach(serial?: string, params?: Readonly<Record<string, unknown>>): Promise<Connected>;
  knock(options: DeviceOptions): Promise<UpgradeRefusal>;
}

export const MAKER = { Manufacturer: "Maker", OUI: "001122", ProductClass: "Box" };

export async function openLightBench(options: LightBenchOptions = {}): Promise<LightBench> {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(tempDir());
  const clock = new VirtualClock();
  const log: LogLine[] = [];
  const tokens = new ScriptedTokens();
  const { traces } = options;
  const observed = { clock, log, load: options.load ?? {}, ...(traces === undefined ? {} : { traces }) };
  const ports = { ...(await openGatewayPorts(directory.file("store.sqlite"), observed)), tokens };
  stack.defer(() => ports.store.close());
  const { settings, bounds } = options;
  const gateway = startLightGateway(ports, { behindProxy: false, ...settings, bounds: { ...bounds } });
  const server = createServer().on("upgrade", (request, socket, head) => {
    gateway.upgrade(request, socket, head);
  });
  const port = await listen(server);
  const stompServer = createTcpServer((socket) => {
    gateway.accept(socket);
  });
  const stompPort = await listen(stompServer);
  stack.defer(async () => {
    const closed = gateway.close();
    await clock.advance(60_000);
    await closed;
    server.close();
    stompServer.close();
  });
  const engine = new LightEngine(ports.bus, "e1", options.engine);
  const url = `ws://127.0.0.1:${port}/light`;
  const enrol = async (serial = "S1"): Promise<{ key: DeviceKey; token: string }> => {
    const { key, credentialVersion } = await enrolDevice(ports, serial);
    return { key, token: tokens.mint({ device: key, credentialVersion }) };
  };
  const connect = async (serial?: string, as: DeviceOptions = {}): Promise<Connected> => {
    const token = as.token ?? (await enrol(serial)).token;
    const device = await openDevice(url, { ...as, token });
    stack.defer(() => device.socket.terminate());
    const announcement = await engine.connects.take();
    await setImmediate();
    return { device, announcement };
  };
  return {
    ports,
    clock,
    engine,
    gateway,
    log,
    port,
    url,
    stompPort,
    enrol,
    mint: (claims) => tokens.mint(claims),
    connect,
    async attach(serial, params = {}) {
      const connected = await connect(serial);
      await connected.device.ask("Attach", params);
      await engine.attaches.take();
      return connected;
    },
    knock: (as) => knock(url, as),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** An hour, in milliseconds. */
const HOUR_MS = 3_600_000;

class ScriptedTokens implements TokenVerifier {
  readonly #claims = new Map<string, LightClaims>();

  mint(claims: Partial<LightClaims> & Pick<LightClaims, "device">): string {
    const token = `token-${this.#claims.size}`;
    const whole = { credentialVersion: 0, authTime: 1_000, expiresAt: Date.UTC(2026, 0, 1) + HOUR_MS };
    this.#claims.set(token, { ...whole, ...claims });
    return token;
  }

  async verify(token: string, now: number): Promise<LightClaims | undefined> {
    const claims = this.#claims.get(token);
    return claims !== undefined && claims.expiresAt > now ? claims : undefined;
  }
}

async function enrolDevice(
  { store, clock }: GatewayPorts,
  serial: string,
): Promise<{ readonly key: DeviceKey; readonly credentialVersion: number }> {
  const deviceId = { ...MAKER, SerialNumber: serial };
  const key = deviceKey(deviceId);
  if (key === undefined) throw new Error("this is no serial number");
  const known = await store.device(key);
  if (known !== undefined) return known;
  const enrolled = await store.commit("enrol-device", {
    key,
    deviceId,
    approval: "approved",
    by: "open-enrolment",
    address: "127.0.0.1",
    at: clock.now(),
    maxWaiting: 10,
    maxWaitingPerAddress: 10,
    events: [],
  });
  if (enrolled.type === "refused") throw new Error(enrolled.reason);
  return enrolled.device;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a TCP port");
  return address.port;
}

/** A value as it would travel: without prototypes and undefined members. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

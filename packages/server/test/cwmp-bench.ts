import type { Duplex } from "node:stream";
import { openWire, PATIENCE_MS, tempDir, VirtualClock } from "@heliograph/testkit";
import type { HttpReply, HttpWire } from "@heliograph/testkit";
import type { CwmpBounds, CwmpSettings } from "../src/southbound/cwmp/cwmp-settings.ts";
import type { TraceDesk } from "../src/ports/index.ts";
import { startCwmpGateway } from "../src/southbound/cwmp/gateway.ts";
import { startListener } from "../src/southbound/listener.ts";
import type { ListenerBounds } from "../src/southbound/listener.ts";
import type { LoadBounds } from "../src/southbound/load.ts";
import type { GatewayPorts, SouthboundPorts } from "../src/southbound/southbound-ports.ts";
import { FakeEngine } from "./fake-engine.ts";
import type { EngineScript } from "./fake-engine.ts";
import { openGatewayPorts, type LogLine } from "./gateway-ports.ts";

export interface BenchOptions {
  readonly settings?: Partial<CwmpSettings>;
  readonly bounds?: Partial<CwmpBounds & ListenerBounds>;
  readonly load?: Partial<LoadBounds>;
  /** Who is traced; left out: nobody. */
  readonly traces?: TraceDesk;
  /** `none` for a gateway without an engine. */
  readonly engine?: EngineScript | "none";
}

/** A gateway on a loopback port, with the real store, an engine that its test scripts, and time that its test lets pass. */
export interface CwmpBench extends AsyncDisposable {
  readonly ports: SouthboundPorts;
  readonly clock: VirtualClock;
  readonly engine: FakeEngine;
  readonly log: readonly LogLine[];
  readonly port: number;
  /** A TCP connection to the gateway; closed with the bench. */
  connect(): Promise<Wire>;
  /** Another gateway on the same bus and store, as another process has it. */
  another(): Promise<AnotherGateway>;
  close(): Promise<void>;
}

export interface AnotherGateway {
  connect(): Promise<Wire>;
  close(): Promise<void>;
}

/** What a device writes and reads on one TCP connection. */
export interface Wire {
  post(body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<HttpReply>;
  readonly raw: HttpWire;
}

export async function openBench(options: BenchOptions = {}): Promise<CwmpBench> {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(tempDir());
  const clock = new VirtualClock();
  const log: LogLine[] = [];
  const ports = await openGatewayPorts(directory.file("store.sqlite"), {
    clock,
    log,
    load: options.load ?? {},
    ...(options.traces === undefined ? {} : { traces: options.traces }),
  });
  stack.defer(() => ports.store.close());
  const open = async () => {
    const opened = await openGateway(ports, options);
    stack.defer(async () => {
      const closed = opened.close();
      await clock.advance(60_000);
      await closed;
    });
    return opened;
  };
  const first = await open();
  const connectTo = async (to: number): Promise<Wire> => {
    const raw = await openWire(new URL(`http://127.0.0.1:${to}/`), { patienceMs: PATIENCE_MS });
    stack.defer(() => {
      raw.cut();
    });
    return { raw, post: (body, headers = {}) => post(raw, body, headers) };
  };
  const engine = new FakeEngine(ports.bus, "e1", options.engine === "none" ? {} : options.engine);
  if (options.engine === "none") engine.die();
  return {
    ports,
    clock,
    engine,
    log,
    port: first.port,
    connect: () => connectTo(first.port),
    another: async () => {
      const opened = await open();
      const closeNow = async (): Promise<void> => {
        const closed = opened.close();
        await clock.advance(0);
        await closed;
      };
      return { connect: () => connectTo(opened.port), close: closeNow };
    },
    close: () => first.close(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function openGateway(
  ports: GatewayPorts,
  options: BenchOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const gateway = startCwmpGateway(ports, {
    openEnrolment: "loopback",
    behindProxy: false,
    insecure: false,
    ...options.settings,
    bounds: { closeTimeoutMs: 0, ...options.bounds },
  });
  const light = { upgrade: (_: unknown, socket: Duplex) => socket.destroy() };
  const at = { host: "127.0.0.1", port: 0, bounds: options.bounds ?? {} };
  const listener = await startListener({ cwmp: gateway, light }, at);
  return {
    port: listener.address.port,
    async close() {
      await gateway.close();
      await listener.close();
    },
  };
}

async function post(
  wire: HttpWire,
  body: string | Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<HttpReply> {
  const bytes = Buffer.from(body);
  const all = { Host: "acs", "Content-Length": String(bytes.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  await wire.write(Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${lines.join("")}\r\n`), bytes]));
  return wire.read();
}

/** The Cookie header that goes with the session a reply opened. */
export function cookieOf(reply: HttpReply): { readonly Cookie: string } {
  const [cookie = ""] = reply.headers.get("set-cookie") ?? [];
  return { Cookie: cookie.split(";")[0] ?? "" };
}

/** A value as it would travel: without prototypes and undefined members. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

import { once } from "node:events";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { HttpWire, PATIENCE_MS, tempDir } from "@heliograph/testkit";
import type { HttpReply } from "@heliograph/testkit";
import type { CertificatePair } from "../src/southbound/listener.ts";
import { certificateFiles, DEVICES_CA } from "./certificates.ts";
import { cookieOf } from "./cwmp-bench.ts";
import type { ServerFlags } from "./host-messages.ts";
import { reservePort } from "./reserved-port.ts";
import { RunningServer } from "./running-server.ts";

/** A server by TLS that trusts the authority of the devices, and lets nobody in without a password or a certificate. */
export interface CertifiedServer extends AsyncDisposable {
  readonly server: RunningServer;
  readonly port: number;
}

export async function startCertifiedServer(flags: ServerFlags = {}): Promise<CertifiedServer> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(tempDir());
  const { port } = starting.use(await reservePort());
  const { cert, key } = certificateFiles("acs");
  const tls = {
    "southbound-tls": `127.0.0.1:${port}`,
    "tls-cert": cert,
    "tls-key": key,
    "tls-client-ca": DEVICES_CA,
  };
  const server = starting.use(await RunningServer.start(folder, "none", { ...tls, ...flags }));
  const started = starting.move();
  return { server, port, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

export interface CertifiedOptions {
  readonly certificate?: CertificatePair;
  /** One that {@link CertifiedWire.session} gave, to be taken up again. */
  readonly session?: Buffer;
  /** The loopback address that it comes from. */
  readonly from?: string;
}

/** One TLS connection of a device, and the cookie that came over it. */
export class CertifiedWire implements Disposable {
  readonly session: Promise<Buffer>;
  readonly isResumed: boolean;
  readonly #wire: HttpWire;
  #cookie: Readonly<Record<string, string>> = {};

  private constructor(socket: TLSSocket, session: Promise<Buffer>) {
    this.session = session;
    this.isResumed = socket.isSessionReused();
    this.#wire = new HttpWire(socket, { patienceMs: PATIENCE_MS });
  }

  static async open(
    port: number,
    { certificate, session, from }: CertifiedOptions = {},
  ): Promise<CertifiedWire> {
    const at = { host: "127.0.0.1", port, rejectUnauthorized: false };
    const socket = connect({
      ...at,
      ...certificate,
      ...(session && { session }),
      ...(from && { localAddress: from }),
    });
    const ticket = Promise.withResolvers<Buffer>();
    socket.once("session", (given) => ticket.resolve(given));
    await once(socket, "secureConnect");
    return new CertifiedWire(socket, ticket.promise);
  }

  async post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpReply> {
    const all = {
      Host: "acs",
      "Content-Length": String(Buffer.byteLength(body)),
      ...this.#cookie,
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    await this.#wire.write(`POST / HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
    const reply = await this.#wire.read();
    if (reply.headers.has("set-cookie")) this.#cookie = cookieOf(reply);
    return reply;
  }

  [Symbol.dispose](): void {
    this.#wire.cut();
  }
}

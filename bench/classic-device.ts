import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Authenticator, type Credentials } from "@heliograph/agent/node";
import {
  decodeEnvelope,
  defaultLimits,
  encodeAnswer,
  grouped,
  isWithin,
  writeChallenge,
  type DeviceAnswer,
  type DeviceRequest,
  type ParameterValues,
} from "@heliograph/protocol";
import { freePort, type HttpReply } from "@heliograph/testkit";
import { informText, keyOf } from "./inform.ts";
import { parametersOf, type Parameter } from "./parameters.ts";
import { cookieOf, postText, Wire, type Exchange } from "./wire.ts";

export interface ClassicOptions {
  readonly acsUrl: string;
  readonly serial: number;
  /** Parameters of its data model, those of its Informs included. */
  readonly parameters: number;
  /** Parameters of each of its Informs, eight unless said otherwise. */
  readonly informed?: number;
}

const USUAL = 8;
/** Of a device that listens nowhere. */
const NO_PORT = 7547;

/** A classic device without anything that a device needs besides: what is measured is the server. */
export class ClassicDevice implements Disposable {
  readonly key: string;
  /** All that was said in its last session. */
  said: readonly Exchange[] = [];
  readonly #options: ClassicOptions;
  readonly #acsPort: number;
  readonly #values: readonly Parameter[];
  readonly #informs = new Map<string, string>();
  #credentials: Credentials | undefined;
  #authenticator = new Authenticator({ credentials: undefined, allowBasic: false });
  #server: Server | undefined;
  #bytes = 0;

  /** One that the ACS has yet to hear of. */
  constructor(options: ClassicOptions, port = NO_PORT) {
    const { acsUrl, serial, parameters } = options;
    this.key = keyOf(serial);
    this.#options = options;
    this.#acsPort = Number(new URL(acsUrl).port);
    this.#values = [...usual(`http://127.0.0.1:${port}/`), ...parametersOf(parameters - USUAL)];
  }

  /** One that has credentials of its own, which it has used, and listens for connection requests. */
  static async enrolled(options: ClassicOptions): Promise<ClassicDevice> {
    const port = await freePort();
    const device = new ClassicDevice(options, port);
    await device.#listen(port);
    await device.session("0 BOOTSTRAP", "1 BOOT");
    await device.session("2 PERIODIC");
    return device;
  }

  /** Bytes of all its connections that are over, both ways. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Forgets the nonce it was given: its next Inform is challenged. */
  forgetNonce(): void {
    this.#authenticator = new Authenticator({ credentials: this.#credentials, allowBasic: false });
  }

  /** A session, from Inform to 204, on a TCP connection of its own. */
  async session(...events: readonly string[]): Promise<void> {
    using wire = await Wire.open(this.#acsPort);
    const welcome = await this.#post(wire, this.#inform(events));
    const cookie = cookieOf(welcome);
    for (let body = ""; ;) {
      const { status, body: call } = await this.#post(wire, body, cookie);
      if (status === 204) break;
      body = this.#answer(call);
    }
    this.#bytes += wire.bytes;
    this.said = wire.exchanges;
  }

  [Symbol.dispose](): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  async #post(wire: Wire, body: string, cookie?: string): Promise<HttpReply> {
    const reply = await wire.ask(this.#message(body, cookie));
    if (reply.status !== 401) return reply;
    this.#authenticator.challenged(reply.headers.get("www-authenticate")?.join(", ") ?? "");
    return wire.ask(this.#message(body, cookie));
  }

  #message(body: string, cookie: string | undefined): string {
    const authorization = this.#authenticator.authorization({ method: "POST", uri: "/" });
    return postText(this.#acsPort, body, { Authorization: authorization, Cookie: cookie });
  }

  /** Written once for the same events. */
  #inform(events: readonly string[]): string {
    const name = events.join();
    const { serial, informed = USUAL } = this.#options;
    const parameters = this.#values.slice(0, informed);
    const text = this.#informs.get(name) ?? informText({ serial, events, parameters });
    this.#informs.set(name, text);
    return text;
  }

  #answer(text: string): string {
    const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
    if (!envelope.ok || envelope.value.body.kind !== "request") throw new Error(`not a call: ${text}`);
    const { id, namespace, body } = envelope.value;
    return encodeAnswer({ id, namespace, ...this.#serve(body) });
  }

  #serve(call: DeviceRequest): DeviceAnswer {
    switch (call.method) {
      case "GetParameterValues": {
        const [path = ""] = call.params.ParameterNames;
        const within = this.#values.filter(([name]) => isWithin(name, path));
        return { method: call.method, result: { ParameterList: grouped(within) } };
      }
      case "SetParameterValues":
        this.#take(call.params.ParameterList);
        return { method: call.method, result: { Status: 0 } };
      default:
        throw new Error(`no device of the bench serves ${call.method}`);
    }
  }

  #take(set: ParameterValues): void {
    const { Username, Password } = set["Device.ManagementServer."] ?? {};
    if (typeof Username !== "string" || typeof Password !== "string") return;
    this.#credentials = { username: Username, password: Password };
    this.forgetNonce();
  }

  async #listen(port: number): Promise<void> {
    const server = createServer((request, response) => {
      this.#onConnectionRequest(request, response);
    });
    server.on("connection", (socket: Socket) => {
      socket.once("close", () => {
        this.#bytes += socket.bytesRead + socket.bytesWritten;
      });
    });
    this.#server = server;
    await once(server.listen(port, "127.0.0.1"), "listening");
  }

  /** Comes to whoever answers its challenge. */
  #onConnectionRequest({ headers }: IncomingMessage, response: ServerResponse): void {
    if (headers.authorization === undefined) {
      const challenge = { realm: "device", nonce: "0a4f113b", qop: ["auth"], stale: false } as const;
      response.writeHead(401, { "WWW-Authenticate": writeChallenge(challenge) }).end();
      return;
    }
    response.writeHead(200).end();
    void this.session("6 CONNECTION REQUEST");
  }
}

/** What is in every Inform of a usual device. */
function usual(connectionRequestUrl: string): readonly Parameter[] {
  return [
    ["Device.RootDataModelVersion", "2.15"],
    ["Device.DeviceInfo.HardwareVersion", "1.0"],
    ["Device.DeviceInfo.SoftwareVersion", "4.2.1-r7"],
    ["Device.DeviceInfo.ProvisioningCode", "HOME.VOICE"],
    ["Device.ManagementServer.ConnectionRequestURL", connectionRequestUrl],
    ["Device.ManagementServer.ParameterKey", ""],
    ["Device.ManagementServer.AliasBasedAddressing", false],
    ["Device.IP.Interface.9.IPv4Address.1.IPAddress", "192.0.2.17"],
  ];
}

import assert from "node:assert/strict";
import { isDeviceAnswer } from "@heliograph/agent";
import { openConnectionRequestServer } from "@heliograph/agent/node";
import type { ConnectionRequestServer, Credentials, RequestLimit } from "@heliograph/agent/node";
import {
  deviceKey,
  encodeAnswer,
  encodeFault,
  encodeRequest,
  grouped,
  groupedEntries,
  groupedValue,
} from "@heliograph/protocol";
import type {
  AcsRequest,
  DeviceId,
  DeviceKey,
  DeviceRequest,
  Fault,
  JsonObject,
  ParameterValues,
  SoapHeader,
} from "@heliograph/protocol";
import { isCallOf, named, readAcsMessage } from "./acs-message.ts";
import type { AcsMessage, Call } from "./acs-message.ts";
import { HttpDialogue } from "./http-dialogue.ts";
import type { HttpReply } from "./http-reply.ts";
import { memoryLedger } from "./ledger.ts";
import type { Ledger } from "./ledger.ts";
import { Arrivals, PATIENCE_MS } from "./patience.ts";

export interface LockstepOptions {
  /** `http:` or `https:`; certificates are not checked. */
  readonly acsUrl: string;
  /** What is not given is made up; each device gets a serial number of its own. */
  readonly deviceId?: Partial<DeviceId>;
  /** For the challenges of the ACS. */
  readonly credentials?: Credentials;
  /** The CWMP namespace of its requests; an answer uses that of its call. `urn:dslforum-org:cwmp-1-2` where not given. */
  readonly namespace?: string;
  /** `Device.` where not given. */
  readonly root?: "Device." | "InternetGatewayDevice.";
  /** What each Inform says besides what every Inform must. */
  readonly parameters?: ParameterValues;
  /** False for a device that keeps no cookies. */
  readonly cookies?: boolean;
  /** Where the RPCs that reach the device are noted; in memory where not given. */
  readonly ledger?: Ledger;
  /** Real milliseconds that each wait may last. */
  readonly patienceMs?: number;
}

export interface InformOptions {
  /** Event codes, or events with their CommandKey. `2 PERIODIC` where not given. */
  readonly events?: readonly (string | { readonly EventCode: string; readonly CommandKey?: string })[];
  readonly parameters?: ParameterValues;
  readonly retryCount?: number;
  /** Its SOAP header. */
  readonly header?: SoapHeader;
}

const NAMESPACE = "urn:dslforum-org:cwmp-1-2";

let devices = 0;

/**
 * A device that a test drives line by line over real sockets: it sends what the test says, reads one reply, and waits.
 * A reply is kept until the test looks at it; where the next word is the ACS's but nothing was sent, an empty POST is.
 */
export class LockstepDevice implements AsyncDisposable {
  readonly deviceId: DeviceId;
  readonly ledger: Ledger;
  readonly #options: LockstepOptions;
  readonly #dialogue: HttpDialogue;
  readonly #connectionRequests: Arrivals<true>;
  #endpoint: ConnectionRequestServer | undefined;
  #reply: HttpReply | "cut" | undefined;
  #call: Call | undefined;
  #header: SoapHeader = {};
  /** Who may ask for a session. */
  #caller: Credentials | undefined;
  #requests = 0;

  constructor(options: LockstepOptions) {
    devices += 1;
    const { patienceMs = PATIENCE_MS } = options;
    this.#options = options;
    this.deviceId = {
      Manufacturer: "Lockstep",
      OUI: "F0F0F0",
      ProductClass: "Lockstep",
      SerialNumber: `L${process.pid}-${devices}`,
      ...options.deviceId,
    };
    this.ledger = options.ledger ?? memoryLedger();
    this.#dialogue = new HttpDialogue({ ...options, url: options.acsUrl, patienceMs });
    this.#connectionRequests = new Arrivals("a connection request", patienceMs);
  }

  /** How the ACS calls this device. */
  get key(): DeviceKey {
    const key = deviceKey(this.deviceId);
    assert.ok(key !== undefined, "the device has no serial number");
    return key;
  }

  /** The SOAP header of the message that was looked at last. */
  get header(): SoapHeader {
    return this.#header;
  }

  /** Opens a session; fails unless the ACS answers with an InformResponse. */
  async inform(options: InformOptions = {}): Promise<JsonObject> {
    await this.sendInform(options);
    return this.expectAnswer("Inform");
  }

  /** Opens a session; whatever the ACS says is kept. */
  async sendInform(options: InformOptions = {}): Promise<void> {
    const { events = ["2 PERIODIC"], parameters = {}, retryCount = 0, header = {} } = options;
    this.#call = undefined;
    const params = {
      DeviceId: this.deviceId,
      Event: events.map((event) => (typeof event === "string" ? { EventCode: event } : event)),
      MaxEnvelopes: 1,
      CurrentTime: new Date().toISOString().replace(/\.\d+/, ""),
      RetryCount: retryCount,
      ParameterList: this.#parameters(parameters),
    };
    await this.send({ method: "Inform", params }, header);
  }

  /** Asks something of the ACS and gives its answer. */
  async request(request: AcsRequest): Promise<JsonObject> {
    await this.send(request);
    return this.expectAnswer(request.method);
  }

  /** Asks something of the ACS; whatever it says is kept. */
  async send(request: AcsRequest, header: SoapHeader = {}): Promise<void> {
    this.#requests += 1;
    const { namespace = NAMESPACE } = this.#options;
    await this.sendBody(encodeRequest({ request, namespace, header, id: String(this.#requests) }));
  }

  async sendEmpty(): Promise<void> {
    await this.sendBody("");
  }

  /** Answers the RPC that was last expected; the reply to that is kept. */
  async answer(result: JsonObject = {}): Promise<void> {
    const { id, namespace, method } = this.#settle();
    const answer = { method, result };
    assert.ok(isDeviceAnswer(answer), `${JSON.stringify(result)} does not answer ${method}`);
    await this.sendBody(encodeAnswer({ id, namespace, ...answer }));
  }

  /** Refuses the RPC that was last expected. */
  async fault(code: number, message = "CWMP fault", data?: Fault["data"]): Promise<void> {
    const fault = { code, message, ...(data === undefined ? {} : { data }) };
    await this.sendBody(encodeFault({ ...this.#settle(), fault, role: "device" }));
  }

  /** POSTs any body. */
  async sendBody(body: string): Promise<void> {
    this.#keep(await this.#dialogue.post(body));
  }

  /** Writes any bytes in place of an HTTP request. */
  async sendRaw(bytes: Uint8Array | string): Promise<void> {
    this.#keep(await this.#dialogue.send(bytes));
  }

  /** The ACS's next word must be a call of that method. */
  async expectRpc<M extends DeviceRequest["method"]>(method: M): Promise<Call<M>> {
    const { id, namespace, body } = this.#read(await this.#take(), `a call of ${method}`);
    assert.ok(isCallOf(body, method), `${method} is expected, the ACS sends ${named(body)}`);
    const call = { id, namespace, method, params: body.params };
    this.#call = call;
    return call;
  }

  /** The ACS's next word must be its answer to what the device asked. */
  async expectAnswer(method: AcsRequest["method"]): Promise<JsonObject> {
    const { body } = this.#read(await this.#take(), `the answer to ${method}`);
    const isIt = body.kind === "answer" && body.method === method;
    assert.ok(isIt, `${method}Response is expected, the ACS sends ${named(body)}`);
    return body.result;
  }

  /** The ACS's next word must be a fault. */
  async expectFault(code: number): Promise<Fault> {
    const { body } = this.#read(await this.#take(), `fault ${code}`);
    assert.ok(
      body.kind === "fault" && body.fault.code === code,
      `fault ${code} is expected, the ACS sends ${named(body)}`,
    );
    return body.fault;
  }

  /** The ACS must have nothing to say: 204, which ends the session. */
  async expectNothing(): Promise<void> {
    const reply = await this.#take();
    assert.equal(
      reply.status,
      204,
      `204 is expected, the ACS sends ${reply.status}: ${reply.body.slice(0, 2000)}`,
    );
    assert.equal(reply.body, "");
  }

  /** The reply must have that status; gives the whole of it. */
  async expectStatus(status: number): Promise<HttpReply> {
    const reply = await this.#take();
    assert.equal(reply.status, status, reply.body.slice(0, 2000));
    return reply;
  }

  /** Closes the TCP connection now: after a reply was read, before anything else is sent. */
  cut(): void {
    this.#reply = undefined;
    this.#call = undefined;
    this.#dialogue.cut();
  }

  /** The next message is sent wholly, or only its first bytes; then the TCP connection closes and no reply is read. */
  cutNext({ afterBytes = Infinity }: { readonly afterBytes?: number } = {}): void {
    this.#dialogue.cutNext(afterBytes);
  }

  /** Goes on at another address with the same cookies, as behind a balancer. */
  moveTo(acsUrl: string): void {
    this.#dialogue.moveTo(acsUrl);
  }

  /**
   * Uses the credentials that a SetParameterValues of the ACS holds from the next message on, as a device does that was
   * given its own.
   */
  adopt(values: ParameterValues): void {
    const { root = "Device." } = this.#options;
    const text = (name: string): string =>
      String(groupedValue(values, `${root}ManagementServer.${name}`) ?? "");
    const login = { username: text("Username"), password: text("Password") };
    const caller = {
      username: text("ConnectionRequestUsername"),
      password: text("ConnectionRequestPassword"),
    };
    if (login.username !== "") this.#dialogue.proveWith(login);
    if (caller.username !== "") this.#caller = caller;
  }

  /**
   * Listens for connection requests from now on; its URL goes into every Inform. Without credentials nobody is let in
   * before some were adopted.
   */
  async listen(credentials?: Credentials, limit?: RequestLimit): Promise<string> {
    this.#caller = credentials ?? this.#caller;
    this.#endpoint = await openConnectionRequestServer({
      credentials: () => this.#caller,
      onConnectionRequest: () => this.#connectionRequests.add(true),
      ...(limit === undefined ? {} : { limit }),
    });
    return this.#endpoint.url;
  }

  /** The next connection request that was accepted, or one that already came. */
  async expectConnectionRequest(): Promise<void> {
    await this.#connectionRequests.take();
  }

  /** Connection requests that came and were not expected yet. */
  get connectionRequests(): number {
    return this.#connectionRequests.untaken;
  }

  async close(): Promise<void> {
    this.cut();
    await this.#endpoint?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #settle(): Call {
    const call = this.#call;
    assert.ok(call !== undefined, "no RPC waits for an answer: expect one first");
    this.#call = undefined;
    return call;
  }

  #keep(reply: HttpReply | undefined): void {
    this.#reply = reply ?? "cut";
    if (reply?.status !== 200 || reply.body === "") return;
    const message = readAcsMessage(reply.body);
    if (!message.ok || message.value.body.kind !== "request") return;
    const { id, body } = message.value;
    const commandKey = "CommandKey" in body.params ? body.params.CommandKey : undefined;
    this.ledger.append({
      device: this.key,
      method: body.method,
      ...(typeof commandKey === "string" ? { commandKey } : {}),
      ...(id === undefined ? {} : { id }),
      at: Date.now(),
    });
  }

  async #take(): Promise<HttpReply> {
    if (this.#reply === undefined) {
      assert.equal(
        this.#call,
        undefined,
        `${this.#call?.method ?? ""} waits for an answer: answer it, or send something else`,
      );
      await this.sendEmpty();
    }
    const reply = this.#reply;
    this.#reply = undefined;
    assert.ok(reply !== undefined && reply !== "cut", "the connection was cut before the reply");
    return reply;
  }

  #read(reply: HttpReply, expected: string): AcsMessage {
    const { status, body } = reply;
    assert.equal(
      status,
      200,
      `${expected} is expected, the ACS sends status ${status}: ${body.slice(0, 2000)}`,
    );
    const message = readAcsMessage(body);
    assert.ok(message.ok, `${expected} is expected, the ACS sends no envelope: ${body.slice(0, 2000)}`);
    this.#header = message.value.header;
    return message.value;
  }

  #parameters(own: ParameterValues): ParameterValues {
    const { root = "Device.", parameters = {} } = this.#options;
    return grouped([
      [`${root}DeviceInfo.HardwareVersion`, "1"],
      [`${root}DeviceInfo.SoftwareVersion`, "1.0"],
      [`${root}DeviceInfo.ProvisioningCode`, ""],
      [`${root}ManagementServer.ParameterKey`, ""],
      [`${root}ManagementServer.ConnectionRequestURL`, this.#endpoint?.url ?? ""],
      ...groupedEntries(parameters),
      ...groupedEntries(own),
    ]);
  }
}

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Operation, OperationRequest } from "@heliograph/api";
import type { Credentials } from "@heliograph/agent/node";
import {
  answerChallenge,
  chooseDigest,
  decodeEnvelope,
  defaultLimits,
  deviceKey,
  parseChallenges,
} from "@heliograph/protocol";
import type { DeviceKey, DeviceRequest } from "@heliograph/protocol";
import { digestHash } from "../../src/southbound/digest-hash.ts";
import { envelopeText, informText } from "../envelopes.ts";
import type { InformText } from "../envelopes.ts";
import { credentialsIn } from "../own-credentials.ts";
import type { RunningServer } from "../running-server.ts";
import { BareWire } from "./bare-wire.ts";
import type { BareReply } from "./bare-wire.ts";

export type Headers = Readonly<Record<string, string>>;

type OwnCredentials = ReturnType<typeof credentialsIn>;

/** A device that says nothing of its data model is not told its credentials, for nobody knows where they belong. */
const MODEL = { "Device.DeviceInfo.SoftwareVersion": "1.0" };

let devices = 0;

/** A device that keeps nothing but its session's cookie: its test writes every message, and says how each is sent. */
export class BareDevice implements AsyncDisposable {
  readonly serial: string;
  readonly key: DeviceKey;
  readonly #server: RunningServer;
  readonly #wires: BareWire[] = [];
  #wire: BareWire | undefined;
  #cookie: Headers = {};
  #own: OwnCredentials | undefined;

  constructor(server: RunningServer) {
    devices += 1;
    this.serial = `bare${devices}`;
    const id = { Manufacturer: "Maker", OUI: "001122", ProductClass: "Box", SerialNumber: this.serial };
    const key = deviceKey(id);
    assert.ok(key !== undefined);
    this.key = key;
    this.#server = server;
  }

  /** One that is known, has no credentials of its own, and is let in without. */
  static async known(server: RunningServer): Promise<BareDevice> {
    const device = new BareDevice(server);
    assert.equal((await device.#bootstrap()).status, 204);
    return device;
  }

  /** One that has taken credentials of its own, in both directions. */
  static async equipped(
    server: RunningServer,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<BareDevice> {
    const device = new BareDevice(server);
    const call = readCall(await device.#bootstrap({ parameters: { ...MODEL, ...parameters } }));
    assert.ok(call.method === "SetParameterValues");
    const accepted = "<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>";
    assert.equal((await device.post(envelopeText(accepted))).status, 204);
    device.#own = credentialsIn(call.params.ParameterList);
    return device;
  }

  /** Its own credentials, which it must have taken. */
  get own(): OwnCredentials {
    assert.ok(this.#own !== undefined, "the device has credentials of its own");
    return this.#own;
  }

  /** The Cookie header that belongs to the session opened last. */
  get cookie(): Headers {
    return this.#cookie;
  }

  /** What this device says in an Inform, as text. */
  inform(text: InformText = {}): string {
    return informText({ serial: this.serial, events: ["2 PERIODIC"], ...text });
  }

  /** The connection it uses now. */
  async wire(): Promise<BareWire> {
    return this.#wire ?? this.reconnect();
  }

  /** Goes on over a new connection; those before stay open. */
  async reconnect(): Promise<BareWire> {
    this.#wire = await BareWire.open(this.#server.life.acsUrl);
    this.#wires.push(this.#wire);
    return this.#wire;
  }

  /** Goes on over a new connection, and closes the one before. */
  async hangUp(): Promise<void> {
    this.#wire?.cut();
    await this.reconnect();
  }

  /** What a POST is answered; sent with the session's cookie unless other headers are given. */
  async post(body: string, headers: Headers = this.#cookie): Promise<BareReply> {
    const wire = await this.wire();
    wire.write(postText(body, headers));
    return this.heard(await wire.reply());
  }

  /** Keeps the cookie that a reply sets. */
  heard(reply: BareReply): BareReply {
    const [cookie] = reply.headers.get("set-cookie") ?? [];
    if (cookie !== undefined) this.#cookie = { Cookie: cookie.replace(/;.*$/, "") };
    return reply;
  }

  /** Has a manager ask for something. */
  wanted(request: OperationRequest): Promise<Operation> {
    return this.#server.client.operations.create(this.key, request);
  }

  /** What the store holds of an operation now. */
  async kept({ id }: Operation): Promise<Pick<Operation, "state" | "attempts" | "reason" | "result">> {
    const { state, attempts, reason, result } = await this.#server.client.operations.get(id);
    return {
      state,
      attempts,
      ...(reason === undefined ? {} : { reason }),
      ...(result === undefined ? {} : { result }),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const wire of this.#wires) wire.cut();
    return Promise.resolve();
  }

  async #bootstrap(text: InformText = {}): Promise<BareReply> {
    assert.equal((await this.post(this.inform({ events: ["0 BOOTSTRAP"], ...text }))).status, 200);
    return this.post("");
  }
}

/** A POST as it leaves. */
export function postText(body: string, headers: Headers = {}): string {
  const all = { Host: "acs", ...headers, "Content-Length": String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

/** Answers the challenge of a 401 by Digest. */
export function proofOf(challenged: BareReply, login: Credentials): Headers {
  assert.equal(challenged.status, 401);
  const challenge = chooseDigest(
    parseChallenges(challenged.headers.get("www-authenticate")?.join(", ") ?? ""),
  );
  assert.ok(challenge !== undefined);
  const { username, password } = login;
  const secret = { password };
  const answer = {
    challenge,
    username,
    secret,
    method: "POST",
    uri: "/",
    cnonce: randomBytes(8).toString("hex"),
    nc: 1,
  };
  return { Authorization: answerChallenge(digestHash, answer) };
}

/** The call that a reply must be. */
export function readCall({
  body,
}: Pick<BareReply, "body"> & Partial<BareReply>): DeviceRequest & { readonly id: string } {
  const read = decodeEnvelope(body, { role: "device", limits: defaultLimits });
  assert.ok(read.ok && read.value.body.kind === "request", `a call is expected, the ACS sends: ${body}`);
  const { id = "", body: call } = read.value;
  return { ...call, id };
}

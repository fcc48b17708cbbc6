import assert from "node:assert/strict";
import type { Client } from "@heliograph/api/client";
import { LockstepDevice, VirtualClock } from "@heliograph/testkit";
import type { Credentials } from "@heliograph/agent/node";
import type { DeviceKey } from "@heliograph/protocol";
import { lightKeys, lightTokenMinter } from "../../src/main/light-tokens.ts";
import type { LightClaims } from "../../src/ports/index.ts";
import { openLightWire } from "../light-gateway-wire.ts";
import { credentialsIn } from "../own-credentials.ts";
import { LightPeer } from "./light-peer.ts";
import { post, RawPeer, type RawPeerOptions } from "./raw-peer.ts";
import { StompPeer, type StompWay } from "./stomp-peer.ts";
import type { Target } from "./target.ts";

/** A device that the server knows, with all that its thief would have. */
export interface Victim {
  readonly key: DeviceKey;
  readonly serial: string;
  readonly login: Credentials;
  /** A light token that is good. */
  readonly token: string;
}

export type Door = "southbound" | "secure" | "northbound";

const HOUR_MS = 3_600_000;
let victims = 0;

/** Somebody who means a server ill. What one of them opens is cut with it. */
export class Attacker implements AsyncDisposable {
  readonly target: Target;
  readonly #opened = new AsyncDisposableStack();

  constructor(target: Target) {
    this.target = target;
  }

  get client(): Client {
    return this.target.server.client;
  }

  /** A connection to one of the doors; to the one that devices use without TLS unless said otherwise. */
  async peer(door: Door = "southbound", options: Omit<RawPeerOptions, "port"> = {}): Promise<RawPeer> {
    const at = { port: this.portOf(door), secure: door === "secure" };
    return this.#opened.use(await RawPeer.open({ ...at, ...options }));
  }

  /** A TCP connection to a port, whatever is spoken there. */
  async bare(port: number): Promise<RawPeer> {
    return this.#opened.use(await RawPeer.open({ port }));
  }

  async peers(count: number, ...at: Parameters<Attacker["peer"]>): Promise<readonly RawPeer[]> {
    return Promise.all(Array.from({ length: count }, () => this.peer(...at)));
  }

  portOf(door: Door): number {
    const { southboundPort, securePort, northboundPort } = this.target;
    return { southbound: southboundPort, secure: securePort, northbound: northboundPort }[door];
  }

  /** What these bytes got on a connection of their own. */
  async sent(bytes: Uint8Array | string, door: Door = "southbound", replies = 1): Promise<string> {
    const peer = await this.peer(door);
    await peer.write(bytes);
    return peer.outcome(replies);
  }

  /** What a POST to the ACS got. */
  posted(body: string | Uint8Array, headers: readonly string[] = []): Promise<string> {
    return this.sent(post(body, headers));
  }

  /** A device that has enrolled, has taken credentials of its own, and was referred to the light transport. */
  async victim(): Promise<Victim> {
    const { acsUrl } = this.target.server.life;
    victims += 1;
    const serial = `victim${victims}`;
    const deviceId = { Manufacturer: "Maker", OUI: "001122", ProductClass: "Box", SerialNumber: serial };
    await using unboxed = new LockstepDevice({ acsUrl, deviceId });
    const { key } = unboxed;
    await unboxed.inform({ events: ["0 BOOTSTRAP", "1 BOOT"] });
    const { login } = credentialsIn((await unboxed.expectRpc("SetParameterValues")).params.ParameterList);
    await unboxed.answer({ Status: 0 });
    await unboxed.expectNothing();
    await using device = new LockstepDevice({ acsUrl, deviceId, credentials: login });
    await device.inform({ events: ["1 BOOT"], header: { webSocketSupport: ["cwmp.json"] } });
    const token = device.header.webSocketReference?.token;
    assert.ok(token !== undefined, "the device is not referred to the light transport");
    await device.expectNothing();
    return { key, serial, login, token };
  }

  /** A light connection whose bytes are the attacker's. */
  async webSocket(token: string, subprotocol = "cwmp.json"): Promise<LightPeer> {
    const wire = await openLightWire(this.target.southboundPort, token, { subprotocol });
    return this.#opened.use(new LightPeer(wire));
  }

  /** A connection that STOMP is spoken on, by WebSocket or without, and on which nothing is said yet. */
  async stomp(by: StompWay, token: string): Promise<StompPeer> {
    const { southboundPort, stompPort } = this.target;
    if (by === "tcp") return this.#opened.use(await StompPeer.byTcp(stompPort));
    const wire = await openLightWire(southboundPort, token, { subprotocol: "v12.stomp" });
    return this.#opened.use(StompPeer.byWebSocket(wire));
  }

  /** A manager's WebSocket, on which nothing is said yet; rejects with the answer's head where it is refused. */
  async manager(token?: string): Promise<StompPeer> {
    const at = { path: "/manage", host: "127.0.0.1", subprotocol: "v12.stomp" };
    const wire = await openLightWire(this.target.northboundPort, token, at);
    return this.#opened.use(StompPeer.byWebSocket(wire));
  }

  /** The same, of a manager that speaks JSON-RPC. */
  async jsonManager(token?: string): Promise<LightPeer> {
    const at = { path: "/manage", host: "127.0.0.1", subprotocol: "manage.json" };
    const wire = await openLightWire(this.target.northboundPort, token, at);
    return this.#opened.use(new LightPeer(wire));
  }

  /** One of a device that the server knows. */
  async stolenSocket(): Promise<LightPeer> {
    return this.webSocket((await this.victim()).token);
  }

  /** A token of the server's own making, which says what it is told to. */
  mint(
    claims: Partial<LightClaims> & Pick<LightClaims, "device">,
    secret = this.target.secret,
  ): Promise<string> {
    const now = Date.now();
    const minter = lightTokenMinter(lightKeys(secret, ["1"]).signing, new VirtualClock(now));
    return minter.mint({ credentialVersion: 1, authTime: now, expiresAt: now + HOUR_MS, ...claims });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

/** A request for a WebSocket as it leaves. */
export function upgrade(token: string | undefined, path = "/light", more: readonly string[] = []): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    "Host: acs",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: cwmp.json",
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...more,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

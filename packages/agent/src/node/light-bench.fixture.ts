import assert from "node:assert/strict";
import type { LightResult, WebSocketReference } from "@heliograph/protocol";
import { dataModel } from "../data-model.ts";
import { openDeviceBench, until } from "./classic-device.fixture.ts";
import type { DeviceBench } from "./classic-device.fixture.ts";
import type { NodeDeviceOptions } from "./node-device.ts";
import { requestConnection } from "./request-connection.fixture.ts";
import { ScriptedSockets } from "./scripted-sockets.fixture.ts";
import type { ScriptedSocket } from "./scripted-sockets.fixture.ts";

const secret = { username: "acs", password: "let me in" };

/** A device that speaks both transports, and an ACS that does, too. */
export class LightBench implements AsyncDisposable {
  readonly classic: DeviceBench;
  readonly sockets: ScriptedSockets;

  constructor(classic: DeviceBench, sockets: ScriptedSockets) {
    this.classic = classic;
    this.sockets = sockets;
  }

  /** From now on each InformResponse offers a connection with that token. */
  offer(token = "t.offered", given: Partial<WebSocketReference> = {}): void {
    const usual = { url: this.sockets.url, subprotocol: "cwmp.json", token, expiresIn: 600 };
    this.classic.acs.say({ webSocketReference: { ...usual, ...given } });
  }

  /** InformResponses offer nothing any more. */
  offerNothing(): void {
    this.classic.acs.say({});
  }

  async start(options: Partial<NodeDeviceOptions> = {}): Promise<void> {
    await this.classic.start({ light: {}, ...options });
  }

  /** Starts the device, which boots, is referred, and attaches. */
  async attach(
    options: Partial<NodeDeviceOptions> = {},
    result: Partial<LightResult<"Attach">> = {},
  ): Promise<ScriptedSocket> {
    this.offer();
    await this.start(options);
    await this.classic.session();
    const socket = await this.sockets.attached(result);
    await until(() => this.classic.device.isAttached);
    return socket;
  }

  /** How the device lost its connection last, or did not get one; once it did. */
  async detached(): Promise<{ readonly reason: string; readonly retryInMs?: number }> {
    const { activities } = this.classic;
    await until(() => activities.some(({ type }) => type === "detached"));
    const at = activities.findLastIndex(({ type }) => type === "detached");
    const activity = activities[at];
    activities.splice(0, at + 1);
    assert.ok(activity?.type === "detached");
    const { type: _, ...detached } = activity;
    return detached;
  }

  /** Resolves when the device answered the connection request. */
  async requestConnection(): Promise<void> {
    assert.equal(await requestConnection(this.classic.device.address, secret), 200);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.classic[Symbol.asyncDispose]();
    await this.sockets[Symbol.asyncDispose]();
  }
}

export async function openLightBench(model = dataModel({ "Device.X": "x" })): Promise<LightBench> {
  model.supplement({
    "Device.ManagementServer.ConnectionRequestUsername": secret.username,
    "Device.ManagementServer.ConnectionRequestPassword": secret.password,
  });
  return new LightBench(await openDeviceBench(model), await new ScriptedSockets().open());
}

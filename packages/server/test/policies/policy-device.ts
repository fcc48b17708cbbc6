import assert from "node:assert/strict";
import { dataModel, type DeviceState, type Publication } from "@heliograph/agent";
import { startDevice, type RunningDevice } from "@heliograph/agent/node";
import { decodePolicy, type JsonObject } from "@heliograph/protocol";
import { within } from "../deadline.ts";

interface PolicyDeviceOptions {
  readonly acsUrl: string;
  readonly serial: string;
  /** Why it cannot apply anything. */
  readonly trouble?: string;
}

/** A device on the light transport that is told of policies: what it was told is written down outside of the server. */
export class PolicyDevice implements AsyncDisposable {
  readonly key: string;
  readonly told: string[] = [];
  readonly #options: PolicyDeviceOptions;
  #kept: DeviceState | undefined;
  #device: RunningDevice | undefined;
  #changed = Promise.withResolvers<undefined>();

  constructor(options: PolicyDeviceOptions) {
    this.#options = options;
    this.key = `F0F0F0-Sundial-${options.serial}`;
  }

  async start(): Promise<this> {
    const { acsUrl, serial } = this.#options;
    const attached = Promise.withResolvers<undefined>();
    this.#device = await startDevice({
      acsUrl,
      deviceId: { Manufacturer: "Acme", OUI: "F0F0F0", ProductClass: "Sundial", SerialNumber: serial },
      dataModel: dataModel({
        "Device.DeviceInfo.SoftwareVersion": "1.0",
        "Device.X_F0F0F0_Dial.Mode": { type: "string", value: "none", writable: true },
        "Device.ManagementServer.CWMPRetryMinimumWaitInterval": {
          type: "unsignedInt",
          value: 1,
          writable: true,
        },
      }),
      state: {
        load: () => this.#kept,
        save: (state) => {
          this.#kept = state;
        },
      },
      light: { subprotocols: ["cwmp.json"] },
      random: () => 0,
      onPublication: (publication) => this.#take(publication),
      onActivity: ({ type }) => {
        if (type === "attached") attached.resolve(undefined);
      },
    });
    await within(attached.promise, `${this.key} to attach`);
    return this;
  }

  async stop(): Promise<void> {
    await this.#device?.close();
    this.#device = undefined;
  }

  async isTold(what: string): Promise<void> {
    await within(
      this.#until(what),
      () => `${this.key} to be told ${what}; it was told ${this.told.join(", ")}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #until(what: string): Promise<void> {
    while (!this.told.includes(what)) await this.#changed.promise;
  }

  async #take({ data }: Publication): Promise<JsonObject | undefined> {
    const decoded = decodePolicy(data);
    assert.ok(decoded.ok);
    const { Policy, Version } = decoded.value;
    this.told.push(`${Policy} ${Version}${"Withdrawn" in decoded.value ? " withdrawn" : ""}`);
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
    if (this.#options.trouble !== undefined) throw new Error(this.#options.trouble);
    return undefined;
  }
}

import {
  dataModel,
  TransferError,
  type DataModel,
  type DeviceState,
  type LightOptions,
} from "@heliograph/agent";
import { startDevice, type RunningDevice } from "@heliograph/agent/node";
import type { DeviceKey } from "@heliograph/protocol";
import { parseDeviceKey } from "@heliograph/protocol";

/** How a device is reached. */
export interface Reach {
  readonly name: string;
  /** `"not"`: by classic sessions alone. */
  readonly light: "not" | LightOptions;
  /** Whether it takes connection requests; otherwise it is asleep until it comes by itself. */
  readonly isAwake: boolean;
}

export const reaches = {
  json: { name: "json", light: { subprotocols: ["cwmp.json"] }, isAwake: true },
  stomp: { name: "stomp", light: { subprotocols: ["v12.stomp"] }, isAwake: true },
  soap: { name: "soap", light: { subprotocols: ["cwmp.soap"] }, isAwake: true },
  awake: { name: "awake", light: "not", isAwake: true },
  asleep: { name: "asleep", light: "not", isAwake: false },
} as const satisfies Readonly<Record<string, Reach>>;

/** A device that holds policies where it is told of them, and is asked as any other where it is not. */
export class MixedDevice implements AsyncDisposable {
  readonly key: DeviceKey;
  model: DataModel;
  /** What it fetched, each time that it did. */
  readonly fetched: string[] = [];
  readonly #acsUrl: string;
  readonly #reach: Reach;
  #kept: DeviceState | undefined;
  #device: RunningDevice | undefined;

  constructor(acsUrl: string, reach: Reach) {
    this.#acsUrl = acsUrl;
    this.#reach = reach;
    this.model = sundial();
    const key = parseDeviceKey(`F0F0F0-Sundial-${reach.name}`);
    if (key === undefined) throw new Error(`${reach.name} makes no key`);
    this.key = key;
  }

  /** Resolves once the ACS knows it. */
  async start(): Promise<this> {
    const { light, isAwake, name } = this.#reach;
    this.#device = await startDevice({
      acsUrl: this.#acsUrl,
      deviceId: { Manufacturer: "Acme", OUI: "F0F0F0", ProductClass: "Sundial", SerialNumber: name },
      dataModel: this.model,
      state: {
        load: () => this.#kept,
        save: (state) => {
          this.#kept = state;
        },
      },
      light,
      holdsPolicies: true,
      transfer: ({ URL: url }) => this.#install(url),
      restartMs: 10,
      random: () => 0,
      ...(isAwake ? { connectionRequests: { host: "127.0.0.1" } } : { connectionRequests: "not" }),
    });
    await this.#device.informNow();
    return this;
  }

  /** It comes by itself. */
  async come(): Promise<void> {
    await this.#device?.informNow();
  }

  async stop(): Promise<void> {
    await this.#device?.close();
    this.#device = undefined;
  }

  /** It is as it left its factory; whoever set it up has gone. */
  async reset(): Promise<void> {
    await this.stop();
    this.#kept = undefined;
    this.model = sundial();
  }

  /** What it shows of what policies say, by rows that may have any number. */
  get shown(): readonly string[] {
    const hands = this.model.instances("Device.X_F0F0F0_Hand.");
    const hours = this.model.instances("Device.X_F0F0F0_Hour.");
    return [
      `mode ${this.model.get("Device.X_F0F0F0_Dial.Mode")}`,
      ...hands.map((hand) => `hand ${this.model.get(`Device.X_F0F0F0_Hand.${hand}.Color`)}`),
      ...hours.map((hour) => {
        const path = `Device.X_F0F0F0_Hour.${hour}.`;
        return `hour ${this.model.get(`${path}Name`)} ${this.model.get(`${path}Angle`)}`;
      }),
    ];
  }

  /** Its firmware is no more than the name of its version. */
  async #install(url: string): Promise<void> {
    const response = await fetch(url);
    const version = await response.text();
    this.fetched.push(version);
    if (version === "broken") throw new TransferError(9018);
    this.model.set("Device.DeviceInfo.SoftwareVersion", version);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function sundial(): DataModel {
  return dataModel({
    "Device.DeviceInfo.SoftwareVersion": "1.0",
    "Device.X_F0F0F0_Dial.Mode": { type: "string", value: "none", writable: true, notification: 2 },
    "Device.X_F0F0F0_Hand.": {
      instances: [1, 2],
      row: () => ({ Color: { type: "string", value: "black", writable: true } }),
    },
    "Device.X_F0F0F0_Hour.": {
      writable: true,
      row: () => ({
        Name: { type: "string", writable: true },
        Angle: {
          type: "unsignedInt",
          writable: true,
          check: (angle) => (angle < 360 ? undefined : "a circle has 360"),
        },
      }),
    },
    "Device.ManagementServer.CWMPRetryMinimumWaitInterval": {
      type: "unsignedInt",
      value: 1,
      writable: true,
    },
  });
}

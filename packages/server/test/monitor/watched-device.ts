import { dataModel, type Activity, type DataModel } from "@heliograph/agent";
import { startDevice, type RunningDevice } from "@heliograph/agent/node";
import { setTimeout } from "node:timers/promises";
import { within } from "../deadline.ts";

export interface WatchedDeviceOptions {
  readonly acsUrl: string;
  readonly serial: string;
  /** `"not"`: by HTTP alone. */
  readonly speaks: "cwmp.json" | "v12.stomp" | "not";
}

export const LEVEL = "Device.Sky.1.Level";
export const KEY = "Device.Sky.1.PreSharedKey";

/** A device whose values change under its test's hands. */
export class WatchedDevice implements AsyncDisposable {
  readonly key: string;
  readonly model: DataModel;
  /** The requests that it served. */
  readonly served: readonly string[];
  readonly #running: RunningDevice;

  private constructor(
    served: readonly string[],
    {
      key,
      model,
      running,
    }: { readonly key: string; readonly model: DataModel; readonly running: RunningDevice },
  ) {
    this.key = key;
    this.model = model;
    this.served = served;
    this.#running = running;
  }

  /** Resolves once it is attached, or its first session has ended. */
  static async start({ acsUrl, serial, speaks }: WatchedDeviceOptions): Promise<WatchedDevice> {
    const model = modelOf();
    const there = Promise.withResolvers<undefined>();
    const served: string[] = [];
    const running = await startDevice({
      acsUrl,
      deviceId: { Manufacturer: "Acme", OUI: "F0F0F0", ProductClass: "Sundial", SerialNumber: serial },
      dataModel: model,
      light: speaks === "not" ? "not" : { subprotocols: [speaks] },
      random: () => 0,
      onActivity: (activity: Activity) => {
        if (activity.type === "rpc-served") served.push(activity.request.method);
        const isThere = activity.type === (speaks === "not" ? "session-ended" : "attached");
        if (isThere) there.resolve(undefined);
      },
    });
    const key = `F0F0F0-Sundial-${serial}`;
    await within(there.promise, `${key} to be there`);
    return new WatchedDevice(served, { key, model, running });
  }

  /** Resolves once the level has this notification. */
  async tells(notification: number): Promise<void> {
    const isSo = (): boolean => {
      const { result } = this.model.attributes([LEVEL]);
      return result?.["Device.Sky.1."]?.["Level"]?.Notification === notification;
    };
    const told = (async () => {
      while (!isSo()) await setTimeout(20);
    })();
    await within(told, `${LEVEL} to have the notification ${notification}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.close();
  }
}

function modelOf(): DataModel {
  return dataModel({
    "Device.Sky.": {
      instances: [1, 2],
      row: () => ({
        Level: { type: "unsignedInt", value: 1 },
        PreSharedKey: "sesame",
      }),
    },
    "Device.ManagementServer.CWMPRetryMinimumWaitInterval": {
      type: "unsignedInt",
      value: 1,
      writable: true,
    },
  });
}

import { dataModel, type DeviceState, type Publication, type StateKeeper } from "@heliograph/agent";
import { startDevice, type RunningDevice } from "@heliograph/agent/node";
import { within } from "../deadline.ts";

/** What a device did of what was published, in the order in which it did it. */
export interface Applied {
  readonly channel: string;
  readonly text: unknown;
  readonly isState: boolean;
}

interface ChannelDeviceOptions {
  readonly acsUrl: string;
  readonly serial: string;
  /** What is said of a publication; rejects where it cannot be applied. */
  readonly apply?: (publication: Publication) => Promise<void>;
}

/** A device on channels: what it applied is written down outside of everything that may be killed. */
export class ChannelDevice implements AsyncDisposable {
  readonly key: string;
  readonly applied: Applied[] = [];
  readonly #options: ChannelDeviceOptions;
  readonly #state: StateKeeper;
  #kept: DeviceState | undefined;
  #device: RunningDevice | undefined;
  #changed = Promise.withResolvers<undefined>();

  constructor(options: ChannelDeviceOptions) {
    this.#options = options;
    this.key = `F0F0F0-Sundial-${options.serial}`;
    this.#state = {
      load: () => this.#kept,
      save: (state) => {
        this.#kept = state;
      },
    };
  }

  get texts(): readonly unknown[] {
    return this.applied.map(({ text }) => text);
  }

  get isAttached(): boolean {
    return this.#device?.isAttached === true;
  }

  /** Resolves once it is attached. */
  async start(): Promise<this> {
    const { acsUrl, serial } = this.#options;
    const attached = Promise.withResolvers<undefined>();
    this.#device = await startDevice({
      acsUrl,
      deviceId: { Manufacturer: "Acme", OUI: "F0F0F0", ProductClass: "Sundial", SerialNumber: serial },
      dataModel: dataModel({
        "Device.DeviceInfo.SoftwareVersion": "1.0",
        "Device.ManagementServer.CWMPRetryMinimumWaitInterval": {
          type: "unsignedInt",
          value: 1,
          writable: true,
        },
      }),
      state: this.#state,
      light: { subprotocols: ["cwmp.json"] },
      random: () => 0,
      onPublication: (publication) => this.#apply(publication),
      onActivity: ({ type }) => {
        if (type === "attached") attached.resolve(undefined);
      },
    });
    await within(attached.promise, `${this.key} to attach`);
    return this;
  }

  /** Its power is cut: what it keeps, it keeps. */
  async stop(): Promise<void> {
    await this.#device?.close();
    this.#device = undefined;
  }

  /** Resolves once it has applied so many. */
  async hasApplied(count: number): Promise<void> {
    await within(this.#until(count), () => {
      return `${this.key} to apply ${count}; it has applied ${JSON.stringify(this.texts)}`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #until(count: number): Promise<void> {
    while (this.applied.length < count) await this.#changed.promise;
  }

  async #apply(publication: Publication): Promise<undefined> {
    await this.#options.apply?.(publication);
    const { channel, data, isState } = publication;
    this.applied.push({ channel, text: data["Text"], isState });
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
  }
}

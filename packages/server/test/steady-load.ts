import type { DeviceEvent } from "@heliograph/api";
import { SUBPROTOCOLS, type Subprotocol } from "@heliograph/agent";
import type { SeededRandom } from "@heliograph/testkit";
import { Caller, type Told } from "./caller.ts";
import { DeviceLedger } from "./device-ledger.ts";
import { DialogDevice } from "./dialog-device.ts";
import { LightDialogDevice } from "./light-dialog-device.ts";
import { markedMethods } from "./marked-call.ts";
import type { Supervisor } from "./supervisor.ts";

export interface LoadOptions {
  readonly supervisor: Supervisor;
  readonly random: SeededRandom;
  readonly devices: number;
  readonly callers: number;
  /** Where the devices' ledger is kept. */
  readonly ledger: string;
}

/** Devices that come when they are called, every other one over a WebSocket, by all subprotocols in turn, and callers that each want one thing of one of them after the other. */
export class SteadyLoad implements AsyncDisposable {
  readonly ledger: DeviceLedger;
  readonly #options: LoadOptions;
  readonly #devices: readonly (DialogDevice | LightDialogDevice)[];
  readonly #callers: readonly Caller[];
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: LoadOptions) {
    const { supervisor, devices, callers } = options;
    this.#options = options;
    this.ledger = new DeviceLedger(options.ledger);
    this.#devices = Array.from({ length: devices }, (_, index) => {
      const options = { supervisor, serialNumber: String(index), ledger: this.ledger };
      return index % 2 === 0
        ? new DialogDevice(options)
        : new LightDialogDevice({ ...options, subprotocol: spokenBy(index), replayWindow: 16 });
    });
    this.#callers = Array.from({ length: callers }, () => new Caller(supervisor));
  }

  /** What all callers were told. */
  get told(): readonly Told[] {
    return this.#callers.flatMap((caller) => caller.told);
  }

  /** CommandKeys of the transfers whose TransferComplete was answered. */
  get reported(): readonly string[] {
    return this.#devices.flatMap((device) => device.reported);
  }

  /** Resolves once every device has come for the first time; from then on callers want something. */
  async start(): Promise<void> {
    for (const device of this.#devices) {
      await device.listen();
      device.inform("0 BOOTSTRAP", "1 BOOT");
    }
    await Promise.all(this.#devices.map((device) => device.idle()));
    this.#running = Promise.all(this.#callers.map((caller, index) => this.#want(caller, index)));
    this.#running.catch(() => undefined);
  }

  /** Resolves once every caller was told how its last wish ended, and no device has anything left to say. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    await Promise.all(this.#devices.map((device) => device.idle()));
  }

  /** Has every caller look at all of its operations once more. */
  async lookAgain(): Promise<void> {
    for (const caller of this.#callers) await caller.lookAgain();
  }

  /** All stored events of all devices. */
  async events(): Promise<readonly DeviceEvent[]> {
    const [caller] = this.#callers;
    const events: DeviceEvent[] = [];
    for (const { key } of this.#devices) {
      for (let after = 0; ;) {
        const page = await caller?.insist((client) => client.devices.events(key, { after, limit: 1_000 }));
        events.push(...(page?.items ?? []));
        if (page?.next === undefined) break;
        after = page.next;
      }
    }
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#devices.map((device) => device[Symbol.asyncDispose]()));
  }

  async #want(caller: Caller, index: number): Promise<void> {
    for (let count = 0; !this.#isOver; count += 1) {
      const device = this.#pick(this.#devices);
      const method = this.#pick(markedMethods);
      await caller.settle({ device: device.key, method, mark: `${index}-${count}` });
    }
  }

  #pick<T>(among: readonly T[]): T {
    const picked = among[this.#options.random.integer(0, among.length - 1)];
    if (picked === undefined) throw new Error("there is nothing to pick from");
    return picked;
  }
}

function spokenBy(index: number): Subprotocol {
  return SUBPROTOCOLS[Math.floor(index / 2) % SUBPROTOCOLS.length] ?? "cwmp.json";
}

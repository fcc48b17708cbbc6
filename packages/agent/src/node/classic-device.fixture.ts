import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { AcsParams } from "@heliograph/protocol";
import { ScriptedAcs, VirtualClock } from "@heliograph/testkit";
import { dataModel } from "../data-model.ts";
import type { DataModel } from "../data-model.ts";
import type { Activity } from "../activity.ts";
import { startDevice } from "./node-device.ts";
import type { NodeDeviceOptions, RunningDevice } from "./node-device.ts";

export const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Router", SerialNumber: "1" };

/** A device with time that its test lets pass, and an ACS that says what its test says. */
export class DeviceBench implements AsyncDisposable {
  readonly acs: ScriptedAcs;
  readonly clock = new VirtualClock();
  readonly model: DataModel;
  readonly activities: Activity[] = [];
  #device: RunningDevice | undefined;

  constructor(acs: ScriptedAcs, model: DataModel) {
    this.acs = acs;
    this.model = model;
  }

  get device(): RunningDevice {
    assert.ok(this.#device !== undefined);
    return this.#device;
  }

  async start(options: Partial<NodeDeviceOptions> = {}): Promise<void> {
    this.#device = await startDevice({
      acsUrl: this.acs.url,
      deviceId,
      dataModel: this.model,
      clock: this.clock,
      random: () => 0,
      light: "not",
      onActivity: (activity) => this.activities.push(activity),
      ...options,
    });
  }

  /** The Inform of the next session, once that ended. */
  async session(): Promise<AcsParams<"Inform">> {
    const inform = await this.acs.informs.take();
    await this.acs.endings.take();
    return inform;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#device?.close();
    await this.acs.close();
  }
}

export async function openDeviceBench(
  model = dataModel({ "Device.X": "x" }),
  acs = new ScriptedAcs(),
): Promise<DeviceBench> {
  return new DeviceBench(await acs.open(), model);
}

/** The events of an Inform, each with its CommandKey where it has one. */
export function eventsOf({ Event }: AcsParams<"Inform">): readonly string[] {
  return Event.map(({ EventCode, CommandKey = "" }) =>
    CommandKey === "" ? EventCode : `${EventCode} ${CommandKey}`,
  );
}

/** Resolves once it is so; rejects where that takes seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(5_000);
  while (!isSo()) {
    deadline.throwIfAborted();
    await setImmediate();
  }
}

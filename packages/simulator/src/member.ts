import {
  dataModel,
  type DataModel,
  type DeviceClock,
  type StateKeeper,
  type Transfer,
} from "@heliograph/agent";
import type { DeviceKey } from "@heliograph/protocol";
import type { Blueprint } from "./blueprint.ts";
import { chance, type Chance } from "./chance.ts";
import { kindsOfDevice } from "./models/device-kind.ts";
import type { Drift } from "./models/individual.ts";
import { largeTree } from "./models/large-tree.ts";
import { pause } from "./pause.ts";
import { servingHandlers } from "./serving.ts";
import { stateKeeping } from "./state-keeping.ts";
import type { PoweredDevice, SwitchOn } from "./switch-on.ts";
import type { DeviceTally, Tally } from "./tally.ts";
import { denyingHandlers, type TroubledTransfer } from "./transfer-trouble.ts";
import { troubledMemory } from "./troubled-memory.ts";
import type { Weakness } from "./weakness.ts";

/** What the devices of a fleet share. */
export interface Surroundings {
  readonly seed: number;
  readonly clock: DeviceClock;
  /** Milliseconds from any moment, with their fractions: what latencies are told by. */
  readonly now: () => number;
  readonly tally: Tally;
  readonly switchOn: SwitchOn;
  readonly stateFolder: string | undefined;
  /** Seconds between periodic Informs, until the ACS sets others; undefined leaves what devices come with. */
  readonly informInterval: number | undefined;
  /** Parameters that each has besides those of its kind. */
  readonly tree: number;
  readonly weakness: Weakness;
  readonly transferLateMs: number;
  readonly onMoved: (device: DeviceKey, transfer: Transfer) => void;
  /** Aborted when the fleet closes. */
  readonly signal: AbortSignal;
}

/** How long a device is without power. */
const POWER_CUT_MS = 2_000;
/** How long a slow device takes for an answer. */
const SLOW_MS = { min: 1_000, max: 8_000 };
/** The share of its RPCs that a failing device refuses. */
const REFUSED_SHARE = 0.3;

/** One device of a fleet. */
export class Member {
  readonly blueprint: Blueprint;
  readonly #surroundings: Surroundings;
  readonly #chance: Chance;
  readonly #keeper: StateKeeper | undefined;
  readonly #bornAt: number;
  #tally: DeviceTally | undefined;
  #powered: PoweredDevice | undefined;
  #model: DataModel | undefined;
  #drifts: readonly Drift[] = [];
  /** Switching it on and off goes one after the other. */
  #switching: Promise<void> = Promise.resolve();

  constructor(blueprint: Blueprint, surroundings: Surroundings) {
    this.blueprint = blueprint;
    this.#surroundings = surroundings;
    this.#chance = chance(surroundings.seed, "life", blueprint.key);
    const keeper = stateKeeping(blueprint, surroundings.stateFolder);
    this.#keeper = keeper && troubledMemory(keeper, this.#transferring());
    this.#bornAt = surroundings.clock.now();
  }

  /** `settled` is called once: when its first Inform was answered or failed, or it cannot be switched on. */
  async start(settled: () => void): Promise<void> {
    const once = calledOnce(settled);
    this.#tally = this.#surroundings.tally.started(this.blueprint.speaks, once);
    await this.#tried(async () => this.#switchOn());
    if (this.#powered === undefined) once();
  }

  /** A value of its own changes. */
  drift(): void {
    if (this.#powered === undefined || this.#drifts.length === 0) return;
    const { path, next } = this.#chance.pick(this.#drifts);
    const current = this.#model?.get(path);
    if (current !== undefined) this.#model?.set(path, next(current));
  }

  /** What connects it with its ACS breaks off. */
  loseConnection(): void {
    this.#powered?.breakOff();
  }

  /** It is off for a moment, then boots with what it remembers. */
  losePower(): void {
    void this.#tried(async () => {
      if (this.#powered === undefined) return;
      this.#powered.breakOff();
      await this.#switchOff();
      const { clock, signal } = this.#surroundings;
      await pause(clock, POWER_CUT_MS, signal);
      this.#switchOn();
    });
  }

  async close(): Promise<void> {
    await this.#tried(() => this.#switchOff());
  }

  /** In its turn; a device that cannot be switched on, or off, is a failure among others. */
  async #tried(action: () => Promise<void>): Promise<void> {
    this.#switching = this.#switching.then(action).catch((error: unknown) => {
      this.#surroundings.tally.failed(error instanceof Error ? error.message : String(error));
    });
    await this.#switching;
  }

  #switchOn(): void {
    const { signal, switchOn } = this.#surroundings;
    if (signal.aborted) return;
    const { deviceId, speaks } = this.blueprint;
    const model = this.#born();
    this.#powered = switchOn({
      deviceId,
      speaks,
      model,
      handlers: {
        ...servingHandlers(model, this.#manners()),
        ...denyingHandlers(this.blueprint.transferTrouble),
      },
      transferring: this.#transferring(),
      state: this.#keeper,
      onActivity: (activity) => this.#tally?.activity(activity),
    });
  }

  async #switchOff(): Promise<void> {
    const powered = this.#powered;
    this.#powered = undefined;
    await powered?.close();
    this.#tally?.stopped();
  }

  /** The same device each time: only what it remembers differs. */
  #born(): DataModel {
    const { seed, clock, informInterval, tree } = this.#surroundings;
    const { declarations, drifts } = kindsOfDevice[this.blueprint.kind].model({
      chance: chance(seed, "model", this.blueprint.key),
      age: () => (clock.now() - this.#bornAt) / 1000,
      now: () => clock.now(),
    });
    this.#drifts = drifts;
    this.#model = dataModel({
      ...declarations,
      ...largeTree(tree),
      ...(informInterval === undefined ? {} : periodic(informInterval)),
    });
    return this.#model;
  }

  #transferring(): TroubledTransfer {
    const { clock, signal, transferLateMs, onMoved } = this.#surroundings;
    const { key, transferTrouble: trouble } = this.blueprint;
    return {
      trouble,
      moved: (transfer) => onMoved(key, transfer),
      losePower: () => this.losePower(),
      takeTime: () => pause(clock, transferLateMs, signal),
    };
  }

  #manners() {
    const { clock, now, signal, weakness } = this.#surroundings;
    const { troubles } = this.blueprint;
    const isSlow = troubles.has("slow");
    const isFailing = troubles.has("failing");
    return {
      now,
      weakness,
      takeTime: async () => {
        if (isSlow) await pause(clock, this.#chance.integer(SLOW_MS.min, SLOW_MS.max), signal);
      },
      refuses: () => isFailing && this.#chance.happens(REFUSED_SHARE),
      served: (ms: number) => this.#tally?.served(ms),
    };
  }
}

function periodic(seconds: number) {
  return {
    "Device.ManagementServer.PeriodicInformInterval": {
      type: "unsignedInt",
      value: seconds,
      writable: true,
      check: (value: number) => (value > 0 ? undefined : "must be 1 or more"),
    },
  } as const;
}

function calledOnce(action: () => void): () => void {
  let isCalled = false;
  return () => {
    if (isCalled) return;
    isCalled = true;
    action();
  };
}

import { machineClock, type DeviceClock } from "@heliograph/agent";
import { listenForConnectionRequests } from "@heliograph/agent/node";
import { mkdir } from "node:fs/promises";
import { blueprint } from "./blueprint.ts";
import { chance } from "./chance.ts";
import type { FleetOptions } from "./fleet-options.ts";
import { Happenings } from "./happenings.ts";
import { Member, type Surroundings } from "./member.ts";
import type { Mix } from "./mix.ts";
import { deviceKinds } from "./models/device-kind.ts";
import { pause } from "./pause.ts";
import { RampUp } from "./ramp-up.ts";
import { switchOnWith, type SwitchOn } from "./switch-on.ts";
import { Tally, type Progress } from "./tally.ts";

/** Devices that live until they are closed. */
export interface Fleet extends AsyncDisposable {
  progress(): Progress;
  /** Resolves once every device was switched on and its first Inform was answered or failed, or the fleet is closed. */
  readonly settled: Promise<unknown>;
  /** Switches all devices off. Resolves within ten seconds, whatever the ACS does; closing twice is no error. */
  close(): Promise<void>;
}

const HALF_LIGHT: Mix = { "cwmp.json": 1, classic: 1 };
/** How long the devices together may take to end what they are about. */
const CLOSE_MS = 10_000;

/** Switches devices on, one after the other at the given rate. Rejects where it cannot listen for connection requests. */
export async function simulateFleet(options: FleetOptions): Promise<Fleet> {
  const { stateFolder, connectionRequests = {} } = options;
  if (stateFolder !== undefined) await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const listener = await listenForConnectionRequests(connectionRequests);
  return new RunningFleet(options, {
    switchOn: switchOnWith(options, listener),
    close: () => listener.close(),
  });
}

/** What all devices stand on. */
interface Ground {
  readonly switchOn: SwitchOn;
  close(): Promise<void>;
}

class RunningFleet implements Fleet {
  readonly #ground: Ground;
  readonly #clock: DeviceClock;
  readonly #now: () => number;
  readonly #tally: Tally;
  readonly #members: Member[] = [];
  readonly #closing = new AbortController();
  readonly #happenings: Happenings;
  readonly #rampUp: RampUp;
  readonly #settled = Promise.withResolvers<undefined>();
  #closed: Promise<void> | undefined;

  constructor(options: FleetOptions, ground: Ground) {
    const { devices, clock = machineClock, rate = 50, concurrency = 100, seed = 1 } = options;
    const { changesPerHour = 6, troubleEveryMs = 60_000 } = options;
    this.#ground = ground;
    this.#clock = clock;
    this.#now = options.clock === undefined ? () => performance.now() : () => clock.now();
    this.#tally = new Tally(devices, this.#now);
    this.#happenings = new Happenings({
      clock,
      chance: chance(seed, "happenings"),
      changesPerHour,
      troubleEveryMs,
    });
    const start = this.#starter(options);
    const onSettled = (): void => this.#settled.resolve(undefined);
    this.#rampUp = new RampUp({ ramp: { devices, rate, concurrency }, clock, start, onSettled });
  }

  get settled(): Promise<unknown> {
    return this.#settled.promise;
  }

  progress(): Progress {
    return this.#tally.progress();
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #starter(options: FleetOptions): (index: number, settled: () => void) => void {
    const { name = "SIM", seed = 1, mix = HALF_LIGHT, kinds = deviceKinds, troubles = {} } = options;
    const { transferTroubles = {}, transferLateMs = 120_000 } = options;
    const plan = { name, seed, mix, kinds, troubles, transferTroubles };
    const surroundings: Surroundings = {
      seed,
      clock: this.#clock,
      now: this.#now,
      tally: this.#tally,
      switchOn: this.#ground.switchOn,
      stateFolder: options.stateFolder,
      informInterval: options.informInterval,
      tree: options.tree ?? 0,
      weakness: options.weakness ?? {},
      transferLateMs,
      onMoved: options.onMoved ?? (() => undefined),
      signal: this.#closing.signal,
    };
    return (index, settled) => {
      const member = new Member(blueprint(plan, index), surroundings);
      this.#members.push(member);
      this.#happenings.expose(member);
      void member.start(settled);
    };
  }

  async #close(): Promise<void> {
    this.#rampUp.stop();
    this.#happenings.stop();
    this.#tally.close();
    this.#closing.abort();
    const enough = new AbortController();
    const all = Promise.all(this.#members.map((member) => member.close())).finally(() => enough.abort());
    await Promise.race([all, pause(this.#clock, CLOSE_MS, enough.signal)]);
    await this.#ground.close();
    this.#settled.resolve(undefined);
  }
}

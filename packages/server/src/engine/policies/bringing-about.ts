import type { DeviceKey } from "@heliograph/protocol";
import { asError, isEnd, subjects, type Compliance, type OperationId } from "../../ports/index.ts";
import { Bringer } from "./bringer.ts";
import type { BringingPorts } from "./bringing-ports.ts";

export interface BringingAbout {
  /** Begins nothing new, and resolves once nothing is half done. Closing twice is no error. */
  close(): Promise<void>;
}

const PAUSE_MS = 1_000;
const PAGE = 200;
/** Pages of rows that are looked at in one turn: those that come after them wait for the next. */
const MOST_PAGES = 5;
/** Devices of which something was heard, in one turn. */
const MOST_HEARD = 50;
/** Beyond that, devices are found out about when their rows come round, or when they say something again. */
const MOST_WAITING = 10_000;

/**
 * Brings policies about on devices that are told of no channel, and files on all of them, by the same door as a manager; and
 * finds out which of them hold no more what they held. Where each stands is in the store: whatever it was at when it was
 * killed is gone on with.
 */
export function startBringingAbout(ports: BringingPorts): BringingAbout {
  const { bus, clock, log } = ports;
  const rounds = new Rounds(ports);
  let running: Promise<void> | undefined;
  let timer = clock.after(PAUSE_MS, again);
  function again(): void {
    timer = clock.after(PAUSE_MS, again);
    running ??= rounds
      .turn()
      .catch((error: unknown) => {
        log.warn("policies could not be brought about", { error: asError(error) });
      })
      .finally(() => {
        running = undefined;
      });
  }
  const hints = [
    bus.subscribe(subjects.everyOperationChange, ({ operation, device, state }) => {
      if (isEnd(state)) rounds.ended(operation, device);
    }),
    bus.subscribe(subjects.everyDeviceEvent, ({ device, name }) => {
      if (name === "value-change") rounds.doubt(device);
      if (name === "boot") rounds.booted(device);
    }),
    bus.subscribe(subjects.everyMembersChanged, ({ devices }) => {
      for (const device of devices) rounds.doubt(device);
    }),
  ];
  return {
    async close() {
      timer.cancel();
      for (const hint of hints) hint.unsubscribe();
      rounds.stop();
      await running;
    },
  };
}

/** Who is looked at next: those of whom something was heard, and then everybody who is not where they are to be. */
class Rounds {
  readonly #ports: BringingPorts;
  readonly #bringer: Bringer;
  readonly #doubted = new Set<DeviceKey>();
  readonly #booted = new Set<DeviceKey>();
  #after: Pick<Compliance, "device" | "policy"> | undefined;
  #isStopped = false;

  constructor(ports: BringingPorts) {
    this.#ports = ports;
    this.#bringer = new Bringer(ports, (device) => this.doubt(device));
  }

  stop(): void {
    this.#isStopped = true;
  }

  doubt(device: DeviceKey): void {
    if (this.#doubted.size < MOST_WAITING) this.#doubted.add(device);
  }

  booted(device: DeviceKey): void {
    if (this.#booted.size < MOST_WAITING) this.#booted.add(device);
  }

  ended(operation: OperationId, device: DeviceKey): void {
    if (this.#bringer.ended(operation)) this.doubt(device);
  }

  async turn(): Promise<void> {
    if (!(await this.#ports.store.isAnythingHeld())) {
      this.#doubted.clear();
      this.#booted.clear();
      return;
    }
    this.#bringer.begin();
    for (const device of taken(this.#booted)) await this.#safely(device, () => this.#bringer.look(device));
    for (const device of taken(this.#doubted)) await this.#safely(device, () => this.#all(device));
    for (let page = 0; page < MOST_PAGES && !this.#isStopped; page += 1) {
      if (!(await this.#page())) return;
    }
  }

  /** All that there is to do with one device. */
  async #all(device: DeviceKey): Promise<void> {
    await this.#bringer.examine(device);
    for (const row of await this.#ports.store.complianceOf(device)) await this.#bringer.see(row);
  }

  /** False where these were the last. */
  async #page(): Promise<boolean> {
    const rows = await this.#ports.store.complianceWork({
      states: ["pending", "drifted", "fighting"],
      limit: PAGE,
      ...(this.#after === undefined ? {} : { after: this.#after }),
    });
    for (const row of rows) {
      if (this.#isStopped) return false;
      await this.#safely(row.device, () => this.#bringer.see(row));
    }
    const last = rows.at(-1);
    this.#after = rows.length < PAGE ? undefined : last;
    return rows.length === PAGE;
  }

  /** What keeps one device from going on keeps no other. */
  async #safely(device: DeviceKey, work: () => Promise<void>): Promise<void> {
    if (this.#isStopped) return;
    await work().catch((error: unknown) => {
      this.#ports.log.warn("a policy could not be brought about", { device, error: asError(error) });
    });
  }
}

function taken(waiting: Set<DeviceKey>): readonly DeviceKey[] {
  const first = [...waiting].slice(0, MOST_HEARD);
  for (const device of first) waiting.delete(device);
  return first;
}

import type { DeviceKey } from "@heliograph/protocol";
import {
  asError,
  subjects,
  type Bus,
  type CallId,
  type Clock,
  type DeviceCall,
  type Log,
  type Random,
  type Store,
  type Timer,
  type Vault,
  type WakeOutcome,
} from "../ports/index.ts";
import { prepareCall, settleCredentials, stagedCall } from "./calling.ts";
import { decide, nextTime } from "./device.ts";
import {
  isIdle,
  type Change,
  type Decision,
  type DeviceEffect,
  type DeviceInput,
  type DeviceState,
} from "./state.ts";

export interface EnginePorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly vault: Vault;
}

/** What the last effect of a decision says to whoever asked. */
export type DeviceReply =
  | { readonly type: "call"; readonly callId: CallId; readonly call: DeviceCall }
  | { readonly type: "nothing" | "superseded" }
  | { readonly type: "cancelled" | "running" | "ended" };

/** The devices the engine works on, each with a mailbox: one input is done with before the next is looked at. */
export interface Devices {
  /** Gives an input to a device; one that is not in memory is read from the store first. */
  tell(key: DeviceKey, input: DeviceInput): Promise<DeviceReply | undefined>;
  /** Runs `open` in the device's turn, and tells what comes of it. */
  open(
    key: DeviceKey,
    open: () => Promise<Extract<DeviceInput, { type: "opened" }> | undefined>,
  ): Promise<void>;
  /** Resolves when every mailbox is empty; timers are off from now on. */
  close(): Promise<void>;
}

interface Entry {
  state: DeviceState | undefined;
  /** The last thing in the mailbox. */
  tail: Promise<unknown>;
  waiting: number;
  timer: Timer | undefined;
}

/** A connection request is answered, or given up, well within this. */
const WAKE_TIMEOUT_MS = 30_000;

/** A change that somebody newer forbade: what the engine held of the device is stale. */
class SupersededError extends Error {
  override readonly name = "SupersededError";
}

export function devices(ports: EnginePorts): Devices {
  const entries = new Map<DeviceKey, Entry>();
  let closed = false;

  function inTurn<T>(key: DeviceKey, task: (entry: Entry) => Promise<T>): Promise<T> {
    const entry = entries.get(key) ?? {
      state: undefined,
      tail: Promise.resolve(),
      waiting: 0,
      timer: undefined,
    };
    entries.set(key, entry);
    entry.waiting += 1;
    const run = entry.tail.then(() => task(entry));
    entry.tail = run
      .catch(() => undefined)
      .then(() => {
        entry.waiting -= 1;
        tidy(key, entry);
      });
    return run;
  }

  /** Arms the device's timer, or forgets a device that has nothing to do. */
  function tidy(key: DeviceKey, entry: Entry): void {
    if (entry.waiting > 0) return;
    entry.timer?.cancel();
    entry.timer = undefined;
    if (entry.state === undefined || isIdle(entry.state)) {
      entries.delete(key);
      return;
    }
    const at = nextTime(entry.state);
    if (at === undefined || closed) return;
    entry.timer = ports.clock.after(Math.max(0, at - ports.clock.now()), () => {
      report(key, tell(key, { type: "time", now: ports.clock.now() }));
    });
  }

  /** Decides and performs; whatever goes wrong, what is in memory is given up, since the store knows better. */
  async function step(
    entry: Entry,
    state: DeviceState,
    input: DeviceInput,
  ): Promise<DeviceReply | undefined> {
    entry.state = state;
    try {
      const decision = decide(state, input);
      entry.state = decision.state;
      return await perform(decision);
    } catch (error) {
      entry.state = undefined;
      if (error instanceof SupersededError) return { type: "superseded" };
      throw error;
    }
  }

  async function perform({ state, effects }: Decision): Promise<DeviceReply | undefined> {
    let reply: DeviceReply | undefined;
    let commits: Promise<void>[] = [];
    for (const effect of effects) {
      if (effect.type === "commit") {
        commits.push(mustHold(ports.store, effect.change));
        continue;
      }
      await Promise.all(commits);
      commits = [];
      reply = (await performOne(state, effect)) ?? reply;
    }
    await Promise.all(commits);
    return reply;
  }

  async function performOne(
    state: DeviceState,
    effect: Exclude<DeviceEffect, { type: "commit" }>,
  ): Promise<DeviceReply | undefined> {
    switch (effect.type) {
      case "call":
        return {
          type: "call",
          callId: effect.callId,
          call: await prepareCall(state.key, effect.call, ports.store),
        };
      case "send-credentials": {
        const call = await stagedCall(state.key, ports);
        return call === undefined ? { type: "nothing" } : { type: "call", callId: effect.callId, call };
      }
      case "settle-credentials":
        await settleCredentials(state.key, effect, ports);
        return undefined;
      case "reply":
        return { type: effect.reply };
      case "answer-cancel":
        return { type: effect.answer };
      case "wake":
        wake(state.key);
        return undefined;
    }
  }

  function wake(key: DeviceKey): void {
    const asked = ports.bus.request(subjects.wake, { device: key }, { timeoutMs: WAKE_TIMEOUT_MS });
    const outcome = asked.catch((error: unknown): WakeOutcome => ({
      at: ports.clock.now(),
      result: "unreachable",
      detail: `no connection request was sent: ${error instanceof Error ? error.message : "unknown error"}`,
    }));
    const told = outcome.then((known) =>
      tell(key, { type: "woken", now: ports.clock.now(), outcome: known }),
    );
    report(key, told);
  }

  function report(key: DeviceKey, told: Promise<unknown>): void {
    told.catch((error: unknown) => {
      if (!closed) ports.log.error("device turn failed", { device: key, error: asError(error) });
    });
  }

  async function tell(key: DeviceKey, input: DeviceInput): Promise<DeviceReply | undefined> {
    return inTurn(key, async (entry) => {
      const state = entry.state ?? (await load(ports.store, key));
      return state === undefined ? undefined : step(entry, state, input);
    });
  }

  return {
    tell,
    async open(key, open) {
      await inTurn(key, async (entry) => {
        const input = await open();
        const blank: DeviceState = { key, queue: [], wake: { attempts: 0 } };
        if (input !== undefined) await step(entry, entry.state ?? blank, input);
      });
    },
    async close() {
      closed = true;
      for (const entry of entries.values()) entry.timer?.cancel();
      while (entries.size > 0 && [...entries.values()].some((entry) => entry.waiting > 0)) {
        await Promise.all([...entries.values()].map((entry) => entry.tail));
      }
    },
  };
}

/** What the store holds of a device that was not in memory. */
async function load(store: Store, key: DeviceKey): Promise<DeviceState | undefined> {
  const device = await store.device(key);
  if (device === undefined) return undefined;
  return { key, queue: await store.openOperations(key), wake: device.wake };
}

async function mustHold(store: Store, { type, change }: Change): Promise<void> {
  const result = await store.commit(type, change);
  if ("held" in result && !result.held) throw new SupersededError(`${type} was not held`);
}

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

/** What a decision says to whoever gave the input. */
export type DeviceReply =
  | { readonly type: "call"; readonly callId: CallId; readonly call: DeviceCall }
  | { readonly type: "nothing" | "superseded" }
  | { readonly type: "cancelled" | "running" | "ended" };

type Opened = Extract<DeviceInput, { type: "opened" }>;

/** One device in memory: what is known of it, and what it still has to look at. */
interface Mailbox {
  state: DeviceState | undefined;
  last: Promise<unknown>;
  waiting: number;
  timer: Timer | undefined;
}

/** A connection request is answered, or given up, well within this. */
const WAKE_TIMEOUT_MS = 30_000;

/** Somebody newer holds the device: what was in memory is stale. */
class SupersededError extends Error {
  override readonly name = "SupersededError";
}

/**
 * The devices the engine works on. Each has a mailbox: one input is done with, its commits on disk, before the next is
 * looked at. A device with nothing to do is forgotten; one that is not in memory is read from the store.
 */
export class Devices {
  readonly #ports: EnginePorts;
  readonly #mailboxes = new Map<DeviceKey, Mailbox>();
  #isClosed = false;

  constructor(ports: EnginePorts) {
    this.#ports = ports;
  }

  /** Gives an input to a device. Undefined where nobody waits for a reply, or the device is not known. */
  tell(key: DeviceKey, input: DeviceInput): Promise<DeviceReply | undefined> {
    return this.#inTurn(key, async (mailbox) => {
      const state = mailbox.state ?? (await load(this.#ports.store, key));
      return state === undefined ? undefined : this.#step(mailbox, state, input);
    });
  }

  /** Gives an input nobody waits for; what goes wrong is logged. */
  tellLater(key: DeviceKey, input: DeviceInput): void {
    this.#logFailure(key, this.tell(key, input));
  }

  /** Runs `open` in the device's turn, and goes on with what came of it. */
  open(key: DeviceKey, open: () => Promise<Opened | undefined>): Promise<unknown> {
    return this.#inTurn(key, async (mailbox) => {
      const input = await open();
      const blank: DeviceState = { key, queue: [], wake: { attempts: 0 } };
      return input === undefined ? undefined : this.#step(mailbox, mailbox.state ?? blank, input);
    });
  }

  /** Resolves when every mailbox is empty; timers are off from now on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const mailbox of this.#mailboxes.values()) mailbox.timer?.cancel();
    while ([...this.#mailboxes.values()].some((mailbox) => mailbox.waiting > 0)) {
      await Promise.all([...this.#mailboxes.values()].map((mailbox) => mailbox.last));
    }
  }

  #inTurn<T>(key: DeviceKey, task: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    const mailbox = this.#mailboxes.get(key) ?? newMailbox();
    this.#mailboxes.set(key, mailbox);
    mailbox.waiting += 1;
    const done = mailbox.last.then(() => task(mailbox));
    mailbox.last = done
      .catch(() => undefined)
      .then(() => {
        mailbox.waiting -= 1;
        if (mailbox.waiting === 0) this.#rest(key, mailbox);
      });
    return done;
  }

  /** Arms the device's timer, or forgets a device that has nothing to do. */
  #rest(key: DeviceKey, mailbox: Mailbox): void {
    mailbox.timer?.cancel();
    mailbox.timer = undefined;
    if (mailbox.state === undefined || isIdle(mailbox.state)) {
      this.#mailboxes.delete(key);
      return;
    }
    const at = nextTime(mailbox.state);
    if (at === undefined || this.#isClosed) return;
    const { clock } = this.#ports;
    mailbox.timer = clock.after(Math.max(0, at - clock.now()), () => {
      this.tellLater(key, { type: "time", now: clock.now() });
    });
  }

  /** Decides and performs. Whatever goes wrong, what is in memory is given up: the store knows better. */
  async #step(mailbox: Mailbox, state: DeviceState, input: DeviceInput): Promise<DeviceReply | undefined> {
    try {
      const decision = decide(state, input);
      mailbox.state = decision.state;
      return await this.#perform(decision);
    } catch (error) {
      mailbox.state = undefined;
      if (error instanceof SupersededError) return { type: "superseded" };
      throw error;
    }
  }

  /** Neighbouring commits are asked for together, so that they share one sync. */
  async #perform({ state, effects }: Decision): Promise<DeviceReply | undefined> {
    let reply: DeviceReply | undefined;
    let commits: Promise<void>[] = [];
    for (const effect of effects) {
      if (effect.type === "commit") {
        commits.push(mustHold(this.#ports.store, effect.change));
        continue;
      }
      await Promise.all(commits);
      commits = [];
      reply = (await this.#performOne(state.key, effect)) ?? reply;
    }
    await Promise.all(commits);
    return reply;
  }

  async #performOne(
    key: DeviceKey,
    effect: Exclude<DeviceEffect, { type: "commit" }>,
  ): Promise<DeviceReply | undefined> {
    switch (effect.type) {
      case "call":
        return { ...effect, call: await prepareCall(key, effect.call, this.#ports.store) };
      case "send-credentials": {
        const call = await stagedCall(key, this.#ports);
        return call === undefined ? { type: "nothing" } : { type: "call", callId: effect.callId, call };
      }
      case "settle-credentials":
        await settleCredentials(key, effect, this.#ports);
        return undefined;
      case "reply":
        return { type: effect.reply };
      case "answer-cancel":
        return { type: effect.answer };
      case "wake":
        this.#wake(key);
        return undefined;
    }
  }

  #wake(key: DeviceKey): void {
    const { bus, clock } = this.#ports;
    const asked = bus.request(subjects.wake, { device: key }, { timeoutMs: WAKE_TIMEOUT_MS });
    const outcome = asked.catch((error: unknown): WakeOutcome => ({
      at: clock.now(),
      result: "unreachable",
      detail: `no connection request was sent: ${asError(error).message}`,
    }));
    this.#logFailure(
      key,
      outcome.then((known) => this.tell(key, { type: "woken", now: clock.now(), outcome: known })),
    );
  }

  #logFailure(key: DeviceKey, told: Promise<unknown>): void {
    told.catch((error: unknown) => {
      if (!this.#isClosed)
        this.#ports.log.error("a device's turn failed", { device: key, error: asError(error) });
    });
  }
}

function newMailbox(): Mailbox {
  return { state: undefined, last: Promise.resolve(), waiting: 0, timer: undefined };
}

async function load(store: Store, key: DeviceKey): Promise<DeviceState | undefined> {
  const device = await store.device(key);
  return device === undefined
    ? undefined
    : { key, queue: await store.openOperations(key), wake: device.wake };
}

async function mustHold(store: Store, { type, change }: Change): Promise<void> {
  const result = await store.commit(type, change);
  if ("held" in result && !result.held) throw new SupersededError(`${type} was not held`);
}

import type { DeviceKey } from "@heliograph/protocol";
import {
  asError,
  callId,
  NobodyThereError,
  RequestTimedOutError,
  subjects,
  type AcceptAllResult,
  type AcceptOperation,
  type AcceptResult,
  type EngineId,
  type OperationId,
  type OperationRecord,
  type PassedOn,
  type PassedOnReply,
  type Subscription,
} from "../ports/index.ts";
import { expected } from "./accept.ts";
import { followClock, leadOf } from "./clock-jump.ts";
import { decide, nextTime } from "./device.ts";
import { Effects, type DeviceReply } from "./effects.ts";
import { Endings } from "./endings.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { homeOf, ownerOf } from "./home.ts";
import { loadDevice } from "./load-device.ts";
import { newMailbox, type Mailbox } from "./mailbox.ts";
import { inputOf, newsOf, replyOf, replyTo } from "./news.ts";
import type { Ownership } from "./ownership.ts";
import { blank, isAttached, isIdle, isUnconnected, type DeviceInput, type DeviceState } from "./state.ts";
import { SupersededError } from "./superseded-error.ts";

/** What came of a device's coming: the reply for its gateway, and what the device has to look at. */
export interface Opening<T> {
  readonly reply: T;
  readonly input?: DeviceInput;
}

/** A device whose turn it is, and engines that were asked in vain whether it is theirs. */
interface Sought {
  readonly key: DeviceKey;
  readonly gone: readonly EngineId[];
}

/** What came of an input: this engine's reply, or whose the device is. */
type Taken = { readonly reply: DeviceReply | undefined } | { readonly owner: EngineId };

const CALL_ID_BYTES = 8;
/** After a turn that failed the device is looked at again, so that no work waits for it to come by itself. */
const RETRY_MS = 30_000;
/** Longer than an engine that stands still is taken for alive. */
const PASS_ON_MS = 8_000;
/** Devices change hands while they are looked for, but not all the time. */
const MOST_OWNERS = 3;
/** Devices are looked at one after another at this distance, so that no fleet is stampeded. */
const PACE_MS = 5;

/**
 * The devices the engine works on. Each has a mailbox: one input is done with, its commits on disk, before the next is
 * looked at. A device with nothing to do is forgotten; one that is not in memory is read from the store.
 */
export class Devices {
  readonly #ownership: Ownership;
  readonly #ports: EnginePorts;
  readonly #mailboxes = new Map<DeviceKey, Mailbox>();
  readonly #endings = new Endings();
  readonly #effects: Effects;
  #isClosed = false;

  constructor(ownership: Ownership, ports: EnginePorts) {
    this.#ownership = ownership;
    this.#ports = ports;
    this.#effects = new Effects({
      ...{ ownership, ports, endings: this.#endings },
      tell: (key, input) => this.tell(key, input),
      logFailure: (key, told) => {
        this.#logFailure(key, told);
      },
    });
  }

  /** Gives an input to a device. Undefined where nobody waits for a reply, or the device is not known. */
  tell(key: DeviceKey, input: DeviceInput): Promise<DeviceReply | undefined> {
    return this.#inTurn(key, (mailbox) => this.#takeOrPass(mailbox, key, input));
  }

  /** Takes what another engine was told of a device; what is not this engine's is not passed on once more. */
  async takePassed({ device, news }: PassedOn): Promise<PassedOnReply> {
    const input = inputOf(news, this.#ports.clock.now());
    const taken = await this.#inTurn(device, (mailbox) =>
      this.#take(mailbox, { key: device, gone: [] }, input),
    );
    if ("owner" in taken) return { type: "not-mine" };
    if (input.type === "settled") this.#endings.tell(input.operation);
    return replyTo(taken.reply);
  }

  /**
   * Whose the device is. Nothing is read for one that is attached here, or where there is no other engine; one that was
   * referred to the light transport may have attached by another.
   */
  async ownerOf(key: DeviceKey): Promise<EngineId> {
    const { engine } = this.#ownership;
    const living = this.#ownership.living();
    if (living.length === 1 || isAttached(this.#mailboxes.get(key)?.state)) return engine;
    const device = await this.#ports.store.device(key);
    return (device && ownerOf(device, living)) ?? engine;
  }

  /** Whether the device has a session in which nothing is to be called. */
  rests(key: DeviceKey): boolean {
    const connection = this.#mailboxes.get(key)?.state?.connection;
    return connection?.transport === "classic" && connection.resting !== undefined;
  }

  /** Gives an input nobody waits for; what goes wrong is logged. */
  tellLater(key: DeviceKey, input: DeviceInput): void {
    this.#logFailure(key, this.tell(key, input));
  }

  /** Runs `open` in the device's turn, goes on with what came of it, and gives its reply. */
  open<T>(key: DeviceKey, open: () => Promise<Opening<T>>): Promise<T> {
    return this.#inTurn(key, async (mailbox) => {
      const { reply, input } = await open();
      if (input === undefined) return reply;
      // Who brings a connection brings all there is to know; what comes beside one does not.
      const isBeside = input.type === "informed" || input.type === "settled";
      if (isBeside) await this.#takeOrPass(mailbox, key, input);
      else await this.#step(mailbox, mailbox.state ?? blank(key), input);
      if (input.type === "settled") this.#endings.tell(input.operation);
      return reply;
    });
  }

  /**
   * Stores an operation and sets it going. Over a light connection its first call is claimed in the same commit, and leaves
   * once that is on disk.
   */
  async accept(change: AcceptOperation): Promise<AcceptResult> {
    const key = change.operation.device;
    const { state } = this.#mailboxes.get(key) ?? {};
    return isAttached(state)
      ? this.#inTurn(key, (mailbox) => this.#acceptInTurn(mailbox, change))
      : this.#acceptFirst(change);
  }

  /** Stores operations of several devices, all or none, and sets them going. */
  async acceptAll(operations: readonly AcceptOperation[]): Promise<AcceptAllResult> {
    const accepted = await this.#ports.store.commit("accept-operations", { operations });
    if (accepted.type === "accepted") {
      for (const operation of accepted.operations.filter(({ endedAt }) => endedAt === undefined)) {
        this.#setGoing(operation);
      }
    }
    return accepted;
  }

  async #acceptFirst(change: AcceptOperation): Promise<AcceptResult> {
    const accepted = await this.#ports.store.commit("accept-operation", change);
    this.#setAccepted(accepted);
    return accepted;
  }

  /** Whoever accepted it before may not have come to tell anybody: one that is asked for again is set going like a new one. */
  #setAccepted(accepted: AcceptResult): void {
    if (accepted.type === "refused" || accepted.operation.endedAt !== undefined) return;
    this.#setGoing(accepted.operation);
  }

  /** Tells whoever owns the device of an operation that is stored, until somebody hears it: nobody else would. */
  #setGoing(operation: OperationRecord): void {
    const { clock } = this.#ports;
    const told = this.tell(operation.device, { type: "accepted", now: clock.now(), operation });
    this.#logFailure(operation.device, told);
    told.catch(() => {
      clock.after(RETRY_MS, () => {
        if (!this.#isClosed) this.#setGoing(operation);
      });
    });
  }

  /** Decides as if the operation were accepted: where it is not, its claim is not held, and nothing leaves. */
  async #acceptInTurn(mailbox: Mailbox, change: AcceptOperation): Promise<AcceptResult> {
    const { store, clock } = this.#ports;
    const key = change.operation.device;
    const { state } = mailbox;
    if (!isAttached(state)) return this.#acceptFirst(change);
    const operation = expected(change, state);
    const accepting = store.commit("accept-operation", change);
    const stepping = this.#step(mailbox, state, { type: "accepted", now: clock.now(), operation });
    const [accepted, stepped] = await Promise.allSettled([accepting, stepping]);
    // What is stored is accepted: where the call did not leave, the device is looked at again.
    if (accepted.status === "fulfilled" && accepted.value.type === "accepted") {
      this.#logFailure(key, stepping);
      const isStale = stepped.status === "fulfilled" && stepped.value?.type === "superseded";
      if (isStale) this.#setGoing(accepted.value.operation);
      return accepted.value;
    }
    if (accepted.status === "fulfilled") {
      mailbox.state = state;
      this.#setAccepted(accepted.value);
    } else {
      // It may be stored all the same, and its call may have left.
      mailbox.state = undefined;
      mailbox.hasFailed = true;
    }
    return accepting;
  }

  /** Calls `listener` once an end that is decided here is stored. */
  onEnd(operation: OperationId, listener: () => void): Subscription {
    return this.#endings.onEnd(operation, listener);
  }

  /**
   * Lets go of devices that an engine that came is home to: it has taken up their work itself. Those that are connected, or
   * about to be, stay.
   */
  letGo(): void {
    const { engine, living } = this.#ownership;
    const moved = [...this.#mailboxes].filter(([key]) => homeOf(key, living()) !== engine);
    const resting = moved.filter(([, { state }]) => state !== undefined && isUnconnected(state));
    this.#lookAgain(
      resting.map(([key]) => key),
      isUnconnected,
    );
  }

  /** After this engine stood still, or heard nobody: whatever it holds may have been taken over by others. */
  doubt(): void {
    this.#lookAgain([...this.#mailboxes.keys()], () => true);
  }

  /** Reads devices anew, one after the other, and forgets those that are another's by now. */
  #lookAgain(keys: readonly DeviceKey[], isDoubted: (state: DeviceState) => boolean): void {
    const { clock, store } = this.#ports;
    const [key, ...others] = keys;
    if (key === undefined || this.#isClosed) return;
    const looked = this.#inTurn(key, async (mailbox) => {
      const { state } = mailbox;
      if (state === undefined || !isDoubted(state)) return;
      const device = await store.device(key);
      const owner = device && ownerOf(device, this.#ownership.living());
      const isOurs = owner === this.#ownership.engine && device?.generation === state.generation;
      if (isOurs) return;
      mailbox.state = undefined;
      await this.#take(mailbox, { key, gone: [] }, { type: "resumed", now: clock.now() });
    });
    this.#logFailure(key, looked);
    clock.after(PACE_MS, () => {
      this.#lookAgain(others, isDoubted);
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
    const mailbox = this.#mailboxes.get(key) ?? newMailbox(leadOf(this.#ports.clock));
    this.#mailboxes.set(key, mailbox);
    mailbox.waiting += 1;
    const done = this.#takeTurn(mailbox, task);
    const over = (): void => {
      mailbox.waiting -= 1;
      if (mailbox.waiting === 0) this.#rest(key, mailbox);
    };
    mailbox.last = done.then(over, over);
    return done;
  }

  async #takeTurn<T>(mailbox: Mailbox, task: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    await mailbox.last;
    followClock(mailbox, this.#ports.clock);
    return await task(mailbox);
  }

  /** Arms the device's timer, or forgets a device that has nothing to do. */
  #rest(key: DeviceKey, mailbox: Mailbox): void {
    mailbox.timer?.cancel();
    mailbox.timer = undefined;
    followClock(mailbox, this.#ports.clock);
    const { state, hasFailed } = mailbox;
    if (state === undefined ? !hasFailed : isIdle(state)) {
      this.#mailboxes.delete(key);
      return;
    }
    const { clock } = this.#ports;
    const at = state === undefined ? clock.now() + RETRY_MS : nextTime(state);
    if (at === undefined || this.#isClosed) return;
    mailbox.timer = clock.after(Math.max(0, at - clock.now()), () => {
      this.tellLater(key, { type: state === undefined ? "resumed" : "time", now: clock.now() });
    });
  }

  /** Decides and performs. Whatever goes wrong, what is in memory is given up: the store knows better. */
  async #step(mailbox: Mailbox, state: DeviceState, input: DeviceInput): Promise<DeviceReply | undefined> {
    mailbox.hasFailed = false;
    try {
      const decision = decide(state, input, callId(this.#ports.random.hex(CALL_ID_BYTES)));
      mailbox.state = decision.state;
      return await this.#effects.perform(decision);
    } catch (error) {
      mailbox.state = undefined;
      if (error instanceof SupersededError) {
        mailbox.hasFailed = error.comesAgain;
        return { type: "superseded" };
      }
      mailbox.hasFailed = true;
      throw error;
    }
  }

  /** Tells the device what happened where it is this engine's, and its owner else. */
  async #takeOrPass(mailbox: Mailbox, key: DeviceKey, input: DeviceInput): Promise<DeviceReply | undefined> {
    const gone: EngineId[] = [];
    for (let tries = 0; tries < MOST_OWNERS; tries += 1) {
      const taken = await this.#take(mailbox, { key, gone }, input);
      if (!("owner" in taken)) return taken.reply;
      const news = newsOf(input);
      // What else there is to say was for this engine alone, which is the owner no more.
      if (news === undefined) return { type: "superseded" };
      const reply = await this.#passOn(taken.owner, { device: key, news });
      if (reply === "gone") gone.push(taken.owner);
      else if (reply.type !== "not-mine") return replyOf(reply);
    }
    mailbox.hasFailed = true;
    throw new Error("nobody takes what the device is told");
  }

  async #take(mailbox: Mailbox, { key, gone }: Sought, input: DeviceInput): Promise<Taken> {
    if (input.type === "accepted" && (await this.#isOver(input.operation))) return { reply: undefined };
    const { state } = mailbox;
    if (state !== undefined && newsOf(input) !== undefined && (await this.#hasMoved(key, state))) {
      mailbox.state = undefined;
    } else if (state !== undefined) {
      const reply = await this.#step(mailbox, state, input);
      // What was in memory was stale: what happened is told to whoever holds the device now.
      const isStale = mailbox.state === undefined && !mailbox.hasFailed && newsOf(input) !== undefined;
      if (!isStale) return { reply };
    }
    const loaded = await this.#load(mailbox, key, gone);
    if (loaded === undefined) return { reply: undefined };
    if (loaded.type === "elsewhere") return { owner: loaded.owner };
    return { reply: await this.#step(mailbox, loaded.state, input) };
  }

  /**
   * That an operation was accepted may be told late, or twice: one that ran meanwhile would stand before all that follows. So
   * would a transfer that the device has accepted: it goes on, but nothing is left to call.
   */
  async #isOver({ id }: OperationRecord): Promise<boolean> {
    const stored = await this.#ports.store.operation(id);
    return stored?.state !== "queued" && stored?.state !== "running";
  }

  /** Whether the device, which is not attached here as far as this engine knows, has come to another one since. */
  async #hasMoved(key: DeviceKey, state: DeviceState): Promise<boolean> {
    const { engine, living } = this.#ownership;
    if (isAttached(state) || living().length === 1) return false;
    const device = await this.#ports.store.device(key);
    if (device === undefined) return false;
    return device.generation !== state.generation || ownerOf(device, living()) !== engine;
  }

  async #load(mailbox: Mailbox, key: DeviceKey, gone: readonly EngineId[]) {
    const living = this.#ownership.living().filter((engine) => !gone.includes(engine));
    try {
      return await loadDevice(key, { ...this.#ownership, living: () => living }, this.#ports);
    } catch (error) {
      mailbox.hasFailed = true;
      throw error;
    }
  }

  /** `gone`: nobody was there to be told, or whoever it was stands still. */
  async #passOn(owner: EngineId, passed: PassedOn): Promise<PassedOnReply | "gone"> {
    try {
      return await this.#ports.bus.request(subjects.passedOn(owner), passed, { timeoutMs: PASS_ON_MS });
    } catch (error) {
      if (error instanceof NobodyThereError || error instanceof RequestTimedOutError) return "gone";
      throw error;
    }
  }

  #logFailure(key: DeviceKey, told: Promise<unknown>): void {
    told.catch((error: unknown) => {
      if (!this.#isClosed)
        this.#ports.log.error("a device's turn failed", { device: key, error: asError(error) });
    });
  }
}

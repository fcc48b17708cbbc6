import type { DeviceKey } from "@heliograph/protocol";
import {
  asError,
  subjects,
  type Bus,
  callId,
  type CallId,
  type Clock,
  type DeviceCall,
  type AcceptAllResult,
  type AcceptOperation,
  type AcceptResult,
  type CallOutcome,
  type Log,
  type OperationId,
  type OperationRecord,
  type QuirkBook,
  type Random,
  type Store,
  type Subscription,
  type TokenMinter,
  type TransferUrls,
  type Vault,
  type WakeOutcome,
} from "../ports/index.ts";
import { prepareCall, settleCredentials, stagedCall } from "./calling.ts";
import { followClock, leadOf } from "./clock-jump.ts";
import { decide, nextTime } from "./device.ts";
import { Endings } from "./endings.ts";
import { loadDevice, type Ownership } from "./load-device.ts";
import { newMailbox, type Mailbox } from "./mailbox.ts";
import { newReference } from "./references.ts";
import {
  isIdle,
  type CallWay,
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
  readonly tokens: TokenMinter;
  readonly quirks: QuirkBook;
  readonly urls: TransferUrls;
}

/** What a decision says to whoever gave the input. */
export type DeviceReply =
  | { readonly type: "call"; readonly callId: CallId; readonly call: DeviceCall }
  | { readonly type: "nothing" | "superseded" }
  | { readonly type: "cancelled" | "running" | "ended" }
  | { readonly type: "now" | "later" };

/** What came of a device's coming: the reply for its gateway, and what the device has to look at. */
export interface Opening<T> {
  readonly reply: T;
  readonly input?: DeviceInput;
}

/** A connection request is answered, or given up, well within this. */
const WAKE_TIMEOUT_MS = 30_000;
/** A gateway ends a call by its own time-out; one that says nothing for so much longer is gone. */
const CALL_MARGIN_MS = 30_000;
const CALL_ID_BYTES = 8;
/** After a turn that failed the device is looked at again, so that no work waits for it to come by itself. */
const RETRY_MS = 30_000;
/** What a gateway that does not tell of a call does with its connection: the device comes back within a minute [LIGHT 2]. */
const COME_BACK = { code: 1001, reason: "60" } as const;

/** Somebody newer holds the device: what was in memory is stale. */
class SupersededError extends Error {
  override readonly name = "SupersededError";
}

/**
 * The devices the engine works on. Each has a mailbox: one input is done with, its commits on disk, before the next is
 * looked at. A device with nothing to do is forgotten; one that is not in memory is read from the store.
 */
export class Devices {
  readonly #ownership: Ownership;
  readonly #ports: EnginePorts;
  readonly #mailboxes = new Map<DeviceKey, Mailbox>();
  readonly #endings = new Endings();
  #isClosed = false;

  constructor(ownership: Ownership, ports: EnginePorts) {
    this.#ownership = ownership;
    this.#ports = ports;
  }

  /** Gives an input to a device. Undefined where nobody waits for a reply, or the device is not known. */
  tell(key: DeviceKey, input: DeviceInput): Promise<DeviceReply | undefined> {
    return this.#inTurn(key, async (mailbox) => {
      const state = await this.#known(mailbox, key);
      return state === undefined ? undefined : this.#step(mailbox, state, input);
    });
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
      const known = isBeside ? await this.#known(mailbox, key) : mailbox.state;
      const blank: DeviceState = { key, queue: [], out: [], wake: { attempts: 0 }, attaches: false };
      await this.#step(mailbox, known ?? blank, input);
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
    return isLight(state)
      ? this.#inTurn(key, (mailbox) => this.#acceptInTurn(mailbox, change))
      : this.#acceptFirst(change);
  }

  /** Stores operations of several devices, all or none, and sets them going. */
  async acceptAll(operations: readonly AcceptOperation[]): Promise<AcceptAllResult> {
    const { store, clock } = this.#ports;
    const accepted = await store.commit("accept-operations", { operations });
    if (accepted.type === "accepted") {
      for (const operation of accepted.operations.filter(({ endedAt }) => endedAt === undefined)) {
        this.tellLater(operation.device, { type: "accepted", now: clock.now(), operation });
      }
    }
    return accepted;
  }

  async #acceptFirst(change: AcceptOperation): Promise<AcceptResult> {
    const { store, clock } = this.#ports;
    const accepted = await store.commit("accept-operation", change);
    if (accepted.type === "accepted") {
      const { operation } = accepted;
      this.tellLater(operation.device, { type: "accepted", now: clock.now(), operation });
    }
    return accepted;
  }

  /** Decides as if the operation were accepted: where it is not, its claim is not held, and nothing leaves. */
  async #acceptInTurn(mailbox: Mailbox, change: AcceptOperation): Promise<AcceptResult> {
    const { store, clock } = this.#ports;
    const key = change.operation.device;
    const { state } = mailbox;
    if (state === undefined || !isLight(state)) return this.#acceptFirst(change);
    const operation = expected(change, state);
    const accepting = store.commit("accept-operation", change);
    const stepping = this.#step(mailbox, state, { type: "accepted", now: clock.now(), operation });
    const [accepted] = await Promise.allSettled([accepting, stepping]);
    // What is stored is accepted: where the call did not leave, the device is looked at again.
    if (accepted.status === "fulfilled" && accepted.value.type === "accepted") {
      this.#logFailure(key, stepping);
      return accepted.value;
    }
    mailbox.state = state;
    return accepting;
  }

  /** Calls `listener` once an end that is decided here is stored. */
  onEnd(operation: OperationId, listener: () => void): Subscription {
    return this.#endings.onEnd(operation, listener);
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
    const done = mailbox.last.then(() => {
      followClock(mailbox, this.#ports.clock);
      return task(mailbox);
    });
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
      return await this.#perform(decision);
    } catch (error) {
      mailbox.state = undefined;
      if (error instanceof SupersededError) return { type: "superseded" };
      mailbox.hasFailed = true;
      throw error;
    }
  }

  /** Neighbouring commits are asked for together, so that they share one sync. */
  async #perform({ state, effects }: Decision): Promise<DeviceReply | undefined> {
    let reply: DeviceReply | undefined;
    let commits: Promise<void>[] = [];
    for (const effect of effects) {
      if (effect.type === "commit") {
        commits.push(this.#commit(effect.change));
        continue;
      }
      await Promise.all(commits);
      commits = [];
      reply = (await this.#performOne(state.key, effect)) ?? reply;
    }
    await Promise.all(commits);
    return reply;
  }

  async #commit(change: Change): Promise<void> {
    await mustHold(this.#ports.store, change);
    this.#endings.stored(change);
    if (change.type === "learn-quirks") this.#ports.bus.publish(subjects.configChanged, { what: "quirks" });
  }

  async #performOne(
    key: DeviceKey,
    effect: Exclude<DeviceEffect, { type: "commit" }>,
  ): Promise<DeviceReply | undefined> {
    const { bus } = this.#ports;
    switch (effect.type) {
      case "call":
        return this.#call(key, effect, await prepareCall(key, effect, this.#ports));
      case "send-credentials":
        return this.#call(key, effect, await stagedCall(key, this.#ports));
      case "send-reference":
        return this.#call(
          key,
          { ...effect, way: "reply" },
          await newReference(key, effect.offer, this.#ports),
        );
      case "settle-credentials":
        if (await settleCredentials(key, effect, this.#ports)) bus.publish(subjects.revoked, { device: key });
        return undefined;
      case "reply":
        return { type: effect.reply };
      case "answer-cancel":
      case "answer-rotate":
        return { type: effect.answer };
      case "wake":
        this.#wake(key);
        return undefined;
      case "disconnect": {
        const { connection, code, reason } = effect;
        bus.publish(subjects.disconnect(effect.gateway), { connection, code, reason });
        return undefined;
      }
      case "probe":
        bus.publish(subjects.probe(effect.gateway), { connection: effect.connection });
        return undefined;
      case "rouse":
        bus.publish(subjects.rouse(effect.gateway), { device: key, connection: effect.connection });
        return undefined;
    }
  }

  /** Hands a call to the gateway that asked, or to the one that holds the connection; nothing, where none could be made. */
  #call(
    key: DeviceKey,
    { callId: id, way }: { readonly callId: CallId; readonly way: CallWay },
    call: DeviceCall | undefined,
  ): DeviceReply | undefined {
    if (way !== "reply") {
      this.#send(key, { callId: id, way }, call);
      return undefined;
    }
    return call === undefined ? { type: "nothing" } : { type: "call", callId: id, call };
  }

  #send(
    device: DeviceKey,
    { callId: id, way }: { readonly callId: CallId; readonly way: Exclude<CallWay, "reply"> },
    call: DeviceCall | undefined,
  ): void {
    const { bus, clock } = this.#ports;
    const { gateway, id: connection, generation } = way;
    const ask = { device, connection, generation };
    const called: Promise<CallOutcome> =
      call === undefined
        ? Promise.resolve({ type: "no-answer", detail: "there was nothing to send" })
        : bus.request(
            subjects.call(gateway),
            { ...ask, call: { callId: id, ...call } },
            { timeoutMs: this.#ownership.owedMs + CALL_MARGIN_MS },
          );
    const outcome = called.catch((error: unknown): CallOutcome => {
      const detail = asError(error).message;
      bus.publish(subjects.disconnect(gateway), { connection, ...COME_BACK });
      this.tellLater(device, { ...ask, type: "closed", now: clock.now(), detail });
      return { type: "no-answer", detail, owed: true };
    });
    this.#logFailure(
      device,
      outcome.then((known) => {
        const ended = { callId: id, outcome: known };
        return this.tell(device, { ...ask, type: "returned", now: clock.now(), ended });
      }),
    );
  }

  async #known(mailbox: Mailbox, key: DeviceKey): Promise<DeviceState | undefined> {
    mailbox.state ??= await loadDevice(key, this.#ownership, this.#ports);
    return mailbox.state;
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

function isLight(state: DeviceState | undefined): boolean {
  return state?.connection?.transport === "light";
}

/** The operation as the store will have it. */
function expected({ operation }: AcceptOperation, { queue }: DeviceState): OperationRecord {
  const sequence = (queue.at(-1)?.sequence ?? 0) + 1;
  return { ...operation, sequence, state: "queued", outcomes: [], attempts: 0 };
}

async function mustHold(store: Store, { type, change }: Change): Promise<void> {
  const result = await store.commit(type, change);
  if ("held" in result && !result.held) throw new SupersededError(`${type} was not held`);
}

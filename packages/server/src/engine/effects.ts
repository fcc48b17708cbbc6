import type { DeviceKey } from "@heliograph/protocol";
import {
  asError,
  NobodyThereError,
  subjects,
  type CallId,
  type CallOutcome,
  type DeviceCall,
  type Store,
  type WakeOutcome,
} from "../ports/index.ts";
import { COME_BACK } from "./come-back.ts";
import { prepareCall, settleCredentials, stagedCall } from "./calling.ts";
import type { EnginePorts } from "./engine-ports.ts";
import type { Endings } from "./endings.ts";
import { GatewayCalls } from "./gateway-calls.ts";
import type { Ownership } from "./ownership.ts";
import { newReference } from "./references.ts";
import type { CallWay, Change, Decision, DeviceEffect, DeviceInput, DeviceState } from "./state.ts";
import { SupersededError } from "./superseded-error.ts";

/** What a decision says to whoever gave the input. */
export type DeviceReply =
  | { readonly type: "call"; readonly callId: CallId; readonly call: DeviceCall }
  | { readonly type: "nothing" | "superseded" }
  | { readonly type: "cancelled" | "running" | "ended" }
  | { readonly type: "now" | "later" };

/** A connection request is answered, or given up, well within this. */
const WAKE_TIMEOUT_MS = 30_000;
/** A gateway ends a call by its own time-out; one that says nothing for so much longer is gone. */
const CALL_MARGIN_MS = 30_000;

interface EffectsParts {
  readonly ownership: Ownership;
  readonly ports: EnginePorts;
  readonly endings: Endings;
  /** Gives a device an input that came of an effect. */
  readonly tell: (key: DeviceKey, input: DeviceInput) => Promise<unknown>;
  /** For what nobody waits for. */
  readonly logFailure: (key: DeviceKey, told: Promise<unknown>) => void;
}

/** A call on its way. */
interface Leaving<Way extends CallWay> {
  readonly callId: CallId;
  readonly way: Way;
  readonly again?: true;
}

/** Performs what was decided. Whoever holds an older generation than the store's is refused by it: {@link SupersededError}. */
export class Effects {
  readonly #parts: EffectsParts;
  readonly #calls: GatewayCalls;

  constructor(parts: EffectsParts) {
    const { ports, ownership } = parts;
    this.#parts = parts;
    this.#calls = new GatewayCalls({ ...ports, mostMs: ownership.owedMs + CALL_MARGIN_MS });
  }

  /** Neighbouring commits are asked for together, so that they share one sync. */
  async perform({ state, effects }: Decision): Promise<DeviceReply | undefined> {
    // As of a session that carries nothing.
    if (effects.length === 0) return undefined;
    let reply: DeviceReply | undefined;
    let commits: Promise<void>[] = [];
    for (const effect of effects) {
      if (effect.type === "commit") {
        commits.push(this.#commit(effect.change, state.generation));
        continue;
      }
      await Promise.all(commits);
      commits = [];
      reply = (await this.#performOne(state, effect)) ?? reply;
    }
    await Promise.all(commits);
    return reply;
  }

  async #commit(change: Change, generation: number): Promise<void> {
    const { ports, endings } = this.#parts;
    await mustHold(ports.store, change, generation);
    endings.stored(change);
    if (change.type === "learn-quirks") ports.bus.publish(subjects.configChanged, { what: "quirks" });
  }

  async #performOne(
    state: DeviceState,
    effect: Exclude<DeviceEffect, { type: "commit" }>,
  ): Promise<DeviceReply | undefined> {
    const { ports } = this.#parts;
    const { bus } = ports;
    const { key } = state;
    switch (effect.type) {
      case "call":
        return this.#call(key, effect, await prepareCall(key, effect, ports));
      case "send-credentials":
        return this.#call(key, effect, await stagedCall(key, ports));
      case "send-reference":
        return this.#call(key, { ...effect, way: "reply" }, await newReference(key, effect.offer, ports));
      case "settle-credentials":
        if (await settleCredentials(key, effect, ports)) bus.publish(subjects.revoked, { device: key });
        return undefined;
      case "reply":
        return { type: effect.reply };
      case "answer-cancel":
      case "answer-rotate":
        return { type: effect.answer };
      case "wake":
        await this.#claimWake(state);
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
    { way, ...left }: Leaving<CallWay>,
    call: DeviceCall | undefined,
  ): DeviceReply | undefined {
    if (way !== "reply") {
      this.#send(key, { ...left, way }, call);
      return undefined;
    }
    return call === undefined ? { type: "nothing" } : { type: "call", callId: left.callId, call };
  }

  #send(
    device: DeviceKey,
    { callId: id, way, again }: Leaving<Exclude<CallWay, "reply">>,
    call: DeviceCall | undefined,
  ): void {
    const { tell, logFailure } = this.#parts;
    const { clock } = this.#parts.ports;
    const { gateway, id: connection, generation } = way;
    const ask = { device, connection, generation };
    const known = again === undefined ? {} : { again };
    const called: Promise<CallOutcome> =
      call === undefined
        ? Promise.resolve({ type: "no-answer", detail: "there was nothing to send" })
        : this.#calls.call(gateway, { ...ask, ...known, call: { callId: id, ...call } });
    const returned = (outcome: CallOutcome): Promise<unknown> =>
      tell(device, { ...ask, type: "returned", now: clock.now(), ended: { callId: id, outcome } });
    const told = called.then(returned, async (error: unknown) => {
      const detail = asError(error).message;
      await returned(
        error instanceof NobodyThereError ? { type: "not-sent" } : { type: "no-answer", detail, owed: true },
      );
      this.#parts.ports.bus.publish(subjects.disconnect(gateway), { connection, ...COME_BACK });
      await tell(device, { ...ask, type: "closed", now: clock.now(), detail });
    });
    logFailure(device, told);
  }

  /** Of engines that all take the device for theirs, one sends; the others look again when its time is over. */
  async #claimWake({ key: device, generation, wake }: DeviceState): Promise<void> {
    const { ownership, ports } = this.#parts;
    if (ownership.isAlone) return;
    const at = ports.clock.now();
    const { engine } = ownership;
    const { attempts } = wake;
    const change = { device, engine, generation, attempts, at, until: at + WAKE_TIMEOUT_MS };
    const { held } = await ports.store.commit("claim-wake", change);
    if (!held) throw new SupersededError("claim-wake was not held", { comesAgain: true });
  }

  #wake(key: DeviceKey): void {
    const { ports, tell, logFailure } = this.#parts;
    const { bus, clock } = ports;
    const asked = bus.request(subjects.wake, { device: key }, { timeoutMs: WAKE_TIMEOUT_MS });
    const outcome = asked.catch((error: unknown): WakeOutcome => ({
      at: clock.now(),
      result: "unreachable",
      detail: `no connection request was sent: ${asError(error).message}`,
    }));
    logFailure(
      key,
      outcome.then((known) => tell(key, { type: "woken", now: clock.now(), outcome: known })),
    );
  }
}

async function mustHold(store: Store, change: Change, generation: number): Promise<void> {
  const result = await commitSigned(store, change, generation);
  if ("held" in result && !result.held) throw new SupersededError(`${change.type} was not held`);
}

/** Changes that do not name the connection that they are made by name the generation that they were decided on. */
function commitSigned(store: Store, { type, change }: Change, generation: number) {
  switch (type) {
    case "release-call":
      return store.commit(type, { ...change, generation });
    case "end-operation":
      return store.commit(type, { ...change, generation });
    case "replan-refresh":
      return store.commit(type, { ...change, generation });
    case "record-wake":
      return store.commit(type, { ...change, generation });
    case "lapse-device":
      return store.commit(type, { ...change, generation });
    default:
      return store.commit(type, change);
  }
}

import { faultText } from "@heliograph/protocol";
import type { LightResult } from "@heliograph/protocol";
import { asError, unreachable } from "../../ports/index.ts";
import type { CallAsk, CallOutcome, LightToken, Timer } from "../../ports/index.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import { ask } from "./asking.ts";
import { Calls, NOT_SENT } from "./calls.ts";
import { comeBack, notReading } from "./closing.ts";
import type { Closing } from "./closing.ts";
import { NOTHING } from "./codec.ts";
import type { BindingWays, LightCodec, Message, Said } from "./codec.ts";
import type {
  ConnectionEffect,
  ConnectionInput,
  ConnectionRules,
  ConnectionState,
  DeviceEffect,
  LifeEffect,
} from "./connection.ts";
import { decide } from "./decide.ts";
import type { LightOwner } from "./light-owner.ts";
import type { LightBounds } from "./light-settings.ts";
import { fullBudget, spend } from "./pace.ts";
import type { Budget, Pace } from "./pace.ts";
import type { Transport, TransportListener } from "./transport.ts";

/** What all links of a gateway share. */
export interface LinkMeans {
  readonly ports: SouthboundPorts;
  readonly bounds: LightBounds;
  /** Whether the gateway ends: no device is called any more. */
  readonly isDraining: () => boolean;
  /** A call or a request of the device is over. */
  readonly onSettled: () => void;
  /** The connection is over; its socket may take a while to close. */
  readonly onOver: (link: Link) => void;
  /** The socket is closed. */
  readonly onGone: (link: Link) => void;
}

export interface LinkParts {
  readonly transport: Transport;
  readonly ways: BindingWays;
  readonly codec: LightCodec;
  readonly owner: LightOwner;
  /** The token's. */
  readonly authTime: number;
}

/** Longer messages of a device that sends too much are not even read. */
const MOST_READ_BYTES = 16 * 1024;
/** So many times the bound may never wait to be sent. */
const HARD_BOUND = 4;
/** A sign of life comes a little early, so that no period is longer than the device was told. */
const EARLIEST_BEAT = 0.8;

const UNREAD: readonly Said[] = [
  { type: "refused", id: null, fault: { code: 8004, message: faultText(8004) } },
];

interface Probing extends PromiseWithResolvers<boolean> {
  readonly timer: Timer;
}

/** One light connection: performs what `decide` asks for, and feeds it what came of that. */
export class Link implements TransportListener {
  readonly #means: LinkMeans;
  readonly #parts: LinkParts;
  #state: ConnectionState = { name: "connecting" };
  #budget: Budget;
  /** Made for the first call: most connections are idle most of the time. */
  #openCalls: Calls | undefined;
  #heard = true;
  #slowForMs = 0;
  #patience: Timer | undefined;
  #beat: Timer | undefined;
  #grace: Timer | undefined;
  #probing: Probing | undefined;

  constructor(means: LinkMeans, parts: LinkParts) {
    this.#means = means;
    this.#parts = parts;
    this.#budget = fullBudget(means.bounds, means.ports.clock.now());
  }

  get owner(): LightOwner {
    return this.#parts.owner;
  }

  get transport(): Transport {
    return this.#parts.transport;
  }

  /** Whether a call is out, or a request of the device is being served. */
  get isBusy(): boolean {
    const isServing = this.#state.name === "open" && this.#state.serving + this.#state.streaming > 0;
    return isServing || (this.#openCalls?.size ?? 0) > 0;
  }

  /** Finds an engine that owns the connection, then listens to the device. */
  open(): void {
    this.transport.listen(this);
    const connected = async (): Promise<readonly ConnectionInput[]> => {
      return [{ type: "connected", reply: await this.owner.connect() }];
    };
    this.#feed(connected());
  }

  /** Resolves with how the call ended. Rejects where it is no RPC. */
  async call({ generation, call }: CallAsk): Promise<CallOutcome> {
    const current = this.owner.generation;
    if (current === undefined || generation < current || this.#means.isDraining()) return NOT_SENT;
    const known = this.#calls.find(call.callId);
    if (known !== undefined) return known;
    const outcome = this.#calls.take(call, generation);
    this.take({ type: "call", call });
    return outcome;
  }

  /** Whether the device gives a sign of life in time; the connection of one that does not is over. */
  probe(): Promise<boolean> {
    if (this.#state.name !== "open") return Promise.resolve(this.#state.name === "connecting");
    if (this.#probing !== undefined) return this.#probing.promise;
    const { ports, bounds } = this.#means;
    const timer = ports.clock.after(bounds.probeTimeoutMs, () => {
      this.take({ type: "lost", detail: "the device did not answer a probe" });
    });
    this.#probing = { ...Promise.withResolvers<boolean>(), timer };
    this.#showOurLife();
    return this.#probing.promise;
  }

  close(how: Closing): void {
    this.take({ type: "close", closing: how });
  }

  /** Has the device read what waits for it? `passedMs`: since the last time somebody asked. */
  checkReading(passedMs: number): void {
    const { maxBufferedBytes, slowMs } = this.#means.bounds;
    this.#slowForMs = this.transport.buffered > maxBufferedBytes ? this.#slowForMs + passedMs : 0;
    if (this.#slowForMs >= slowMs) this.close(notReading);
  }

  onMessage(message: Message, bytes: number): void {
    if (this.#state.name !== "open") return;
    this.#showLife();
    const isUnread = bytes > MOST_READ_BYTES && this.#spend(bytes).pace !== "within";
    for (const said of isUnread ? UNREAD : this.#parts.codec.read(message)) this.#hear(said, bytes);
  }

  onControl(): void {
    this.#showLife();
    const { budget, pace } = this.#spend(0);
    this.#budget = budget;
    if (pace === "abusive") this.take({ type: "said", said: NOTHING, pace });
  }

  onBroken(broken: Closing): void {
    this.close(broken);
  }

  onClosed(closed: Closing): void {
    this.take({ type: "lost", detail: describe(closed) });
    this.#means.onGone(this);
  }

  take(input: ConnectionInput): void {
    const { state, effects } = decide(this.#state, input, this.#rules);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #hear(said: Said, bytes: number): void {
    const { budget, pace } = this.#spend(bytes);
    // Whoever answers what it was asked sends what it should.
    const isAwaited = said.type === "answer" && this.#openCalls?.isOut(said.id) === true;
    if (!isAwaited) this.#budget = budget;
    this.take({ type: "said", said, pace: isAwaited ? "within" : pace });
  }

  get #calls(): Calls {
    const { ports, bounds, onSettled } = this.#means;
    return (this.#openCalls ??= new Calls({
      ...this.#parts,
      clock: ports.clock,
      callTimeoutMs: bounds.callTimeoutMs,
      onEnd: onSettled,
    }));
  }

  get #rules(): ConnectionRules {
    const { maxInFlight, drainSeconds } = this.#means.bounds;
    const { owner, ways } = this.#parts;
    return { device: owner.device, maxInFlight: ways.maxInFlight ?? maxInFlight, drainSeconds, ways };
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case "ask-attach":
      case "inform":
      case "report":
        this.#feed(ask(effect, { ...this.#parts, ports: this.#means.ports }));
        return;
      case "answer":
      case "answer-attach":
      case "fault":
      case "beat":
        this.#tell(effect);
        return;
      case "send-call":
        this.#calls.send(effect.call.callId, effect.maxMessageBytes, (message) => this.#send(message));
        return;
      case "give-back":
        this.#calls.giveBack(effect.call.callId);
        return;
      case "settle":
        this.#calls.settle(effect.id, effect.answer);
        return;
      default:
        this.#live(effect);
    }
  }

  #tell(effect: DeviceEffect): void {
    const { codec } = this.#parts;
    switch (effect.type) {
      case "answer":
        this.#say(codec.writeAnswer(effect.id, effect.result));
        return;
      case "answer-attach":
        this.#say(codec.writeAttached(effect.id, this.#attachResult(effect.token)));
        return;
      case "fault":
        this.#say(codec.writeFault(effect.id, effect.fault));
        return;
      case "beat":
        this.#showOurLife();
        this.#awaitBeat();
        return;
      default:
        unreachable(effect);
    }
  }

  #live(effect: LifeEffect): void {
    switch (effect.type) {
      case "listen":
        this.transport.resume();
        this.#awaitBeat();
        return;
      case "be-patient":
        this.#bePatient();
        return;
      case "await-engine":
        this.#awaitEngine();
        return;
      case "engine-found":
        this.#grace?.cancel();
        return;
      case "close":
        this.transport.close(effect.closing);
        this.#finish(`the ACS closed it with ${effect.closing.code}: ${effect.closing.reason}`);
        return;
      case "terminate":
        this.transport.terminate();
        this.#finish(effect.detail);
        return;
      default:
        unreachable(effect);
    }
  }

  #say(message: Message | undefined): void {
    if (message !== undefined) this.#send(message);
  }

  /** False where the socket takes nothing any more, or the device does not read what it was sent before. */
  #send(message: Message): boolean {
    if (this.transport.buffered <= HARD_BOUND * this.#means.bounds.maxBufferedBytes) {
      return this.transport.send(message);
    }
    this.close(notReading);
    return false;
  }

  #attachResult({ token, expiresIn }: LightToken): LightResult<"Attach"> {
    const { pingIntervalMs, maxInFlight, maxMessageBytes } = this.#means.bounds;
    return {
      Session: this.owner.connection,
      Token: token,
      ExpiresIn: expiresIn,
      PingInterval: Math.max(1, Math.round(pingIntervalMs / 1000)),
      MaxInFlight: maxInFlight,
      MaxMessageBytes: maxMessageBytes,
    };
  }

  #spend(bytes: number): { readonly budget: Budget; readonly pace: Pace } {
    const { ports, bounds } = this.#means;
    return spend(this.#budget, { bytes, now: ports.clock.now() }, bounds);
  }

  #showLife(): void {
    this.#heard = true;
    this.#endProbe(true);
  }

  #endProbe(alive: boolean): void {
    this.#probing?.timer.cancel();
    this.#probing?.resolve(alive);
    this.#probing = undefined;
  }

  /** Whatever the device answers to it. */
  #showOurLife(): void {
    if (this.#state.name === "open" && this.#state.limits.keepAlive) this.#send("");
    else this.transport.ping();
  }

  #awaitBeat(): void {
    const { ports, bounds } = this.#means;
    const early = EARLIEST_BEAT + (1 - EARLIEST_BEAT) * ports.random.fraction();
    this.#beat = ports.clock.after(early * bounds.pingIntervalMs, () => {
      const heard = this.#heard;
      this.#heard = false;
      this.take({ type: "beat", heard });
    });
  }

  #bePatient(): void {
    const { ports, bounds } = this.#means;
    this.#patience?.cancel();
    this.#patience = ports.clock.after(bounds.firstMessageMs, () => {
      this.#patience = undefined;
      this.take({ type: "patience-over" });
    });
  }

  #awaitEngine(): void {
    const { ports, bounds } = this.#means;
    this.#grace?.cancel();
    this.#grace = ports.clock.after(bounds.engineGraceMs, () => {
      this.take({ type: "abandoned" });
    });
  }

  /** The engine hears of the end before the calls that were out are over. */
  #finish(detail: string): void {
    for (const timer of [this.#patience, this.#beat, this.#grace]) timer?.cancel();
    this.#endProbe(false);
    const { device, connection } = this.owner;
    this.#means.ports.log.info("light-connection-ended", { device, connection, detail });
    this.owner.closed(detail);
    this.#means.onOver(this);
    this.#openCalls?.endAll(detail);
  }

  /** Takes what comes of asking as the next input. */
  #feed(asked: Promise<readonly ConnectionInput[]>): void {
    asked
      .then((inputs) => {
        for (const input of inputs) this.take(input);
        this.#means.onSettled();
      })
      .catch((error: unknown) => {
        const { device, connection } = this.owner;
        this.#means.ports.log.error("a light connection could not be served", {
          device,
          connection,
          error: asError(error),
        });
        this.close(comeBack(this.#means.bounds.drainSeconds));
      });
  }
}

function describe({ code, reason }: Closing): string {
  switch (code) {
    case 1006:
      return "the line was cut";
    case 1005:
      return "the device closed it";
    default:
      return `the device closed it with ${code}${reason === "" ? "" : `: ${reason}`}`;
  }
}

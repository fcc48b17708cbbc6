import { asError, unreachable, type CallAsk, type CallOutcome } from "../../ports/index.ts";
import { ask } from "./asking.ts";
import { attachResult } from "./attach-result.ts";
import { hearOut, type Backlog, type Hearer, type Unread } from "./backlog.ts";
import { Calls, NOT_SENT } from "./calls.ts";
import { comeBack, describeClosed, notReading, type Closing } from "./closing.ts";
import { NOTHING, UNREAD, type Message, type Said } from "./codec.ts";
import type {
  ConnectionEffect,
  ConnectionInput,
  ConnectionRules,
  ConnectionState,
  DeviceEffect,
  LifeEffect,
} from "./connection.ts";
import { decide } from "./decide.ts";
import { HeartBeats } from "../../stomp/heart-beats.ts";
import type { LightOwner } from "./light-owner.ts";
import { HARD_BOUND } from "./light-settings.ts";
import type { LinkMeans, LinkParts } from "./link-parts.ts";
import { LinkTimers } from "./link-timers.ts";
import { fullBudget, MOST_READ_BYTES, SLOW_TURN_MS, spend, type Budget, type Pace } from "./pace.ts";
import { Probe } from "./probe.ts";
import type { Transport, TransportListener } from "./transport.ts";

/** A sign of life comes a little early, so that no period is longer than the device was told. */
const EARLIEST_BEAT = 0.8;

/** One light connection: performs what `decide` asks for, and feeds it what came of that. */
export class Link implements TransportListener, Hearer {
  readonly #means: LinkMeans<Link>;
  readonly #parts: LinkParts;
  #state: ConnectionState = { name: "connecting" };
  #budget: Budget;
  /** Made for the first call: most connections are idle most of the time. */
  #openCalls: Calls | undefined;
  #heard = true;
  /** Bytes that have come since the device last said something whole. */
  #unpaid = 0;
  /** Of a device that says more than is heard in one turn. */
  #backlog: Backlog | undefined;
  #heartBeats: HeartBeats | undefined;
  #slowForMs = 0;
  readonly #timers: LinkTimers;
  #probe: Probe | undefined;

  constructor(means: LinkMeans<Link>, parts: LinkParts) {
    this.#means = means;
    this.#parts = parts;
    this.#timers = new LinkTimers(means.ports.clock);
    this.#budget = fullBudget(means.bounds, means.ports.clock.now());
  }

  get owner(): LightOwner {
    return this.#parts.owner;
  }

  get transport(): Transport {
    return this.#parts.transport;
  }

  /** Bytes of the device that it has not finished: of a message, a frame or a transaction. */
  get unfinished(): number {
    return this.transport.unfinished + (this.#parts.codec.unfinished ?? 0);
  }

  /** Whether a call is out, or a request of the device is being served. */
  get isBusy(): boolean {
    const isServing = this.#state.name === "open" && this.#state.serving + this.#state.streaming > 0;
    return isServing || (this.#openCalls?.size ?? 0) > 0;
  }

  get isOpen(): boolean {
    return this.#state.name === "open";
  }

  /** Finds an engine that owns the connection, then listens to the device; `first`: what it has said already. */
  open(first?: Said): void {
    this.transport.listen(this);
    const said: readonly ConnectionInput[] =
      first === undefined ? [] : [{ type: "said", said: first, pace: "within" }];
    const connected = async (): Promise<readonly ConnectionInput[]> => {
      return [{ type: "connected", reply: await this.owner.connect() }, ...said];
    };
    this.#feed(connected());
  }

  /** Resolves with how the call ended. Rejects where it is no RPC, or may have left and was forgotten. */
  async call({ generation, call, again }: CallAsk): Promise<CallOutcome> {
    const known = this.#calls.find(call.callId, again);
    if (known !== undefined) return known;
    const current = this.owner.generation;
    if (current === undefined || generation < current || this.#means.isDraining()) return NOT_SENT;
    const outcome = this.#calls.take(call, generation);
    this.take({ type: "call", call });
    return outcome;
  }

  /** Whether the device gives a sign of life in time; the connection of one that does not is over. */
  probe(): Promise<boolean> {
    if (this.#state.name !== "open") return Promise.resolve(this.#state.name === "connecting");
    if (this.#probe !== undefined) return this.#probe.answered;
    // What ends it is its heart-beats, or the line.
    if (!this.transport.isPingable) return Promise.resolve(true);
    const { ports, bounds } = this.#means;
    this.#probe = new Probe(ports.clock, bounds.probeTimeoutMs, () => {
      this.take({ type: "lost", detail: "the device did not answer a probe" });
    });
    this.#showOurLife();
    return this.#probe.answered;
  }

  close(how: Closing): void {
    this.take({ type: "close", closing: how });
  }

  /** Closes it; the device comes back once it can be taken, to whoever takes it. */
  sendAway(): void {
    this.take({ type: "send-away" });
  }

  /** Has the device read what waits for it? `passedMs`: since the last time somebody asked. */
  checkReading(passedMs: number): void {
    const { maxBufferedBytes, slowMs } = this.#means.bounds;
    this.#slowForMs = this.transport.buffered > maxBufferedBytes ? this.#slowForMs + passedMs : 0;
    if (this.#slowForMs >= slowMs) this.close(notReading);
  }

  onMessage(message: Message, bytes: number): void {
    if (this.#state.name === "connecting") this.#onEarly(message);
    if (!this.isOpen) return;
    this.#showLife();
    this.#backlog = hearOut({ message, bytes }, this, this.#backlog);
  }

  read({ message, bytes }: Unread): Iterable<Said> {
    const { codec, ways } = this.#parts;
    const isLong = ways.connects !== true && bytes > MOST_READ_BYTES;
    const isUnread = isLong && this.#spend(bytes).pace !== "within";
    this.#unpaid += bytes;
    return isUnread ? [UNREAD] : codec.read(message);
  }

  hear(said: Said): void {
    const { budget, pace } = this.#spend(this.#unpaid);
    this.#unpaid = 0;
    // Whoever answers what it was asked sends what it should.
    const isAwaited = said.type === "answer" && this.#openCalls?.isOut(said.id) === true;
    if (!isAwaited) this.#budget = budget;
    this.take({ type: "said", said, pace: isAwaited ? "within" : pace });
  }

  /** Who says more than it may is heard the more slowly. */
  giveWay(then: () => void): void {
    if (this.#budget.left >= 1) setImmediate(then);
    else this.#means.ports.clock.after(SLOW_TURN_MS, then);
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
    const end = (): void => {
      this.take({ type: "lost", detail: describeClosed(closed) });
      this.#means.onGone(this);
    };
    if (this.#backlog === undefined) end();
    else this.#backlog.onceHeard(end);
  }

  take(input: ConnectionInput): void {
    const { state, effects } = decide(this.#state, input, this.#rules);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  /** A device that has opened its session already may say nothing that means anything before it is answered. */
  #onEarly(message: Message): void {
    for (const said of this.#parts.codec.read(message)) {
      if (said.type === "unreadable") this.close({ code: said.code, reason: said.detail });
    }
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
    const { maxInFlight } = this.#means.bounds;
    const { owner, ways } = this.#parts;
    return { device: owner.device, maxInFlight: ways.maxInFlight ?? maxInFlight, ways };
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case "ask-attach":
      case "tell-channels":
      case "channel":
      case "monitor":
      case "inform":
      case "report":
        this.#feed(ask(effect, { ...this.#parts, ports: this.#means.ports }));
        return;
      case "answer":
      case "answer-attach":
      case "fault":
      case "say":
      case "beat":
        this.#tell(effect);
        return;
      case "send-call":
      case "give-back":
      case "decline":
      case "settle":
        this.#calls.perform(effect, (message) => this.#send(message));
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
        this.#say(codec.writeAttached(effect.id, attachResult(effect, this.owner, this.#means.bounds)));
        this.#beginHeartBeats();
        return;
      case "say":
        this.#send(effect.message);
        return;
      case "fault":
        this.#say(codec.writeFault(effect.id, effect.fault));
        return;
      case "beat":
        if (this.#mustAnswer) this.#showOurLife();
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
        this.#timers.start("grace", this.#means.bounds.engineGraceMs, () => {
          this.take({ type: "abandoned" });
        });
        return;
      case "engine-found":
        this.#timers.stop("grace");
        return;
      case "close":
        this.#end(effect.closing);
        return;
      case "send-away":
        this.#end(comeBack(this.#means.ports.load.sendAway()));
        return;
      case "terminate":
        this.transport.terminate();
        this.#finish(effect.detail);
        return;
      default:
        unreachable(effect);
    }
  }

  #end(how: Closing): void {
    const last = this.#parts.codec.writeClosing?.(how);
    if (last !== undefined) this.transport.send(last);
    this.transport.close(how);
    this.#finish(`the ACS closed it with ${how.code}: ${how.reason}`);
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

  #spend(bytes: number): { readonly budget: Budget; readonly pace: Pace } {
    const { ports, bounds } = this.#means;
    return spend(this.#budget, { bytes, now: ports.clock.now() }, bounds);
  }

  #showLife(): void {
    this.#heard = true;
    this.#heartBeats?.heard();
    this.#endProbe(true);
  }

  #endProbe(alive: boolean): void {
    this.#probe?.end(alive);
    this.#probe = undefined;
  }

  /** Whether our signs of life are such as the device answers, and needs to: silence ends the connection of one that does not. */
  get #mustAnswer(): boolean {
    return this.transport.isPingable && this.#heartBeats?.areMutual !== true;
  }

  /** Whatever the device answers to it. */
  #showOurLife(): void {
    if (this.#state.name === "open" && this.#state.limits.keepAlive) this.#send("");
    else this.transport.ping();
  }

  #beginHeartBeats(): void {
    const { codec } = this.#parts;
    if (codec.heartBeats === undefined || this.#heartBeats !== undefined) return;
    this.#heartBeats = new HeartBeats(this.#means.ports.clock, codec.heartBeats, {
      beat: () => this.#say(codec.writeHeartBeat?.()),
      onSilent: () => {
        this.take({ type: "lost", detail: "the device left out its heart-beats" });
      },
    });
  }

  #awaitBeat(): void {
    const { ports, bounds } = this.#means;
    const early = EARLIEST_BEAT + (1 - EARLIEST_BEAT) * ports.random.fraction();
    this.#timers.start("beat", early * bounds.pingIntervalMs, () => {
      const heard = this.#heard || !this.#mustAnswer;
      this.#heard = false;
      this.take({ type: "beat", heard });
    });
  }

  #bePatient(): void {
    const { bounds } = this.#means;
    const most = this.#parts.ways.connects === true ? bounds.connectMs : bounds.firstMessageMs;
    this.#timers.start("patience", most, () => {
      this.take({ type: "patience-over" });
    });
  }

  /** The engine hears of the end before the calls that were out are over. */
  #finish(detail: string): void {
    this.#timers.stopAll();
    this.#heartBeats?.stop();
    this.#endProbe(false);
    const { device, connection } = this.owner;
    this.#means.ports.log.info("light-connection-ended", { device, connection, detail });
    this.owner.closed(detail);
    this.#parts.channels.end();
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
        this.sendAway();
      });
  }
}

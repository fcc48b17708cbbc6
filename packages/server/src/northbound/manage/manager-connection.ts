import type { DeviceKey } from "@heliograph/protocol";
import { asError, unreachable, type OperationRecord, type Timer } from "../../ports/index.ts";
import type { Manager } from "../authentication.ts";
import type { ManagerPaces } from "../pace.ts";
import { isRefusal, refuse, refuseFor, type Refusal } from "../refusal.ts";
import { seesDevice, visibleOperation } from "../visible.ts";
import { answersOf, refusalOf, resultOf, type Answer } from "./answers.ts";
import type { ManageBounds } from "./bounds.ts";
import { Desk } from "./desk.ts";
import type { Told } from "./followed-channels.ts";
import { groupsOf, type Group } from "./groups.ts";
import { Inbox } from "./inbox.ts";
import { Liveness } from "./liveness.ts";
import type {
  AskedSend,
  Confirmed,
  ManagerLanguage,
  ManagerSaid,
  Message,
  Subscribing,
} from "./manager-language.ts";
import type { Question } from "./question.ts";
import { Subscriptions, type SubscriptionMeans } from "./subscriptions.ts";
import type { Seen } from "./watched-views.ts";

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** The socket of a manager's connection. */
export interface ManagerSocket {
  /** Bytes that the manager has not read. */
  readonly buffered: number;
  /** `onLeft`: once it was handed to the operating system, or is lost. */
  send(message: Message, onLeft?: () => void): void;
  ping(): void;
  /** Nothing more is read until {@link resume}. */
  pause(): void;
  resume(): void;
  close(closing: Closing): void;
}

export interface ConnectionMeans extends Omit<SubscriptionMeans, "tell"> {
  readonly bounds: ManageBounds;
  readonly paces: ManagerPaces;
  /** Finds out whose passcode it is. */
  readonly authenticate: (passcode: string | undefined) => Promise<Manager | Refusal>;
  /** Who the handshake said it is; undefined where it did not. */
  readonly manager: Manager | undefined;
  /** The manager has said who it is, and is let in. */
  readonly onOpen: () => void;
}

const REVOKED: Closing = { code: 4001, reason: "the token is not known, or has expired or was revoked" };
const UNSEEN: Closing = { code: 4001, reason: "no session was opened in time" };
const SLOW: Closing = { code: 4002, reason: "the answers are not read" };
const SILENT: Closing = { code: 1001, reason: "two silent periods" };
const FAILED: Closing = { code: 1011, reason: "the ACS failed" };
const DONE: Closing = { code: 1000, reason: "" };
const SOON_MS = 1_000;
const TOO_MANY = refuseFor("queue-full", "too many questions of this connection are open", SOON_MS);
const NOT_SEEN = refuse("not-allowed", "the device is not among yours any more");

/** Questions that go together, and the receipt that says they are stored. */
interface Ask {
  readonly sends: readonly AskedSend[];
  readonly receipt: string | undefined;
}

/** One manager's connection: its questions become operations, whose ends it is told. */
export class ManagerConnection {
  readonly #socket: ManagerSocket;
  readonly #codec: ManagerLanguage;
  readonly #means: ConnectionMeans;
  readonly #desk: Desk;
  readonly #subscriptions: Subscriptions;
  readonly #liveness: Liveness;
  /** What was last asked of each device: what is asked later is stored later. */
  readonly #lines = new Map<DeviceKey, Promise<void>>();
  readonly #timers = new Map<"opening" | "look", Timer>();
  readonly #inbox: Inbox;
  /** Answers that wait until others are acknowledged. */
  #due: Answer[] = [];
  /** Questions that are not answered yet; those that want no answer, until they are stored. */
  #outstanding = 0;
  /** Bodies of questions that are not stored yet. */
  #waitingBytes = 0;
  #heard = Promise.withResolvers<unknown>();
  #manager: Manager | undefined;
  #isClosed = false;

  constructor(socket: ManagerSocket, codec: ManagerLanguage, means: ConnectionMeans) {
    this.#socket = socket;
    this.#codec = codec;
    this.#means = means;
    this.#desk = new Desk(means.ports);
    this.#subscriptions = new Subscriptions({ ...means, tell: (told) => this.#publish(told) });
    this.#inbox = this.#openInbox();
    this.#liveness = new Liveness({
      ...{ clock: means.ports.clock, pingMs: means.bounds.heartBeatMs },
      ping: () => socket.ping(),
      beat: () => this.#send(codec.writeHeartBeat()),
      onSilent: () => this.close(SILENT),
    });
    this.#manager = means.manager;
    this.#arm("opening", means.bounds.openMs, () => this.close(UNSEEN));
    if (codec.beginsAtOnce && means.manager !== undefined) void this.#open(undefined);
  }

  onMessage(message: Message): void {
    this.onSign();
    this.#inbox.add(message);
  }

  /** Any sign of life. */
  onSign(): void {
    this.#liveness.onSign();
  }

  /** Says why, and closes. What was asked and is not stored is answered nothing; operations go on. */
  close(closing: Closing): void {
    if (this.#isClosed) return;
    const last = this.#codec.writeClosing(closing);
    if (last !== undefined) this.#socket.send(last);
    this.#socket.close(closing);
    this.onClosed();
  }

  /** Resolves once all that was asked so far is stored or refused. */
  async settled(): Promise<void> {
    await Promise.all(this.#lines.values());
  }

  onClosed(): void {
    this.#isClosed = true;
    this.#liveness.stop();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#desk.close();
    this.#subscriptions.close();
    this.#noteHeard();
  }

  /** Something was acknowledged, perhaps. */
  #noteHeard(): void {
    this.#heard.resolve(undefined);
    this.#heard = Promise.withResolvers();
  }

  #openInbox(): Inbox {
    const { ports, paces } = this.#means;
    return new Inbox({
      ...{ clock: ports.clock, socket: this.#socket },
      read: (message) => this.#codec.read(message),
      hear: (said) => this.#hear(said),
      pace: () => this.#manager && paces.of(this.#manager.name),
      isClosed: () => this.#isClosed,
      onRead: () => {
        this.#sendDue();
        this.#noteHeard();
      },
    });
  }

  #hear(said: ManagerSaid): void {
    switch (said.type) {
      case "connect":
        void this.#open(said.passcode);
        return;
      case "ask":
        this.#ask(said);
        return;
      case "follow":
      case "watch":
        void this.#subscribe(said);
        return;
      case "unfollow":
      case "unwatch":
        void this.#subscriptions.end(said).then(() => this.#confirm(said, {}));
        return;
      case "reply":
        this.#send(said.message);
        return;
      case "done":
        void this.settled().then(() => this.close(DONE));
        return;
      case "unreadable":
        this.close({ code: said.code, reason: said.detail });
        return;
      case "receptive":
      case "nothing":
        return;
      default:
        unreachable(said);
    }
  }

  async #open(passcode: string | undefined): Promise<void> {
    const { ports, bounds, authenticate, onOpen } = this.#means;
    const found = this.#manager ?? (await authenticate(passcode).catch(cannotTell));
    if (this.#isClosed) return;
    if (isRefusal(found)) {
      this.close({ code: REVOKED.code, reason: found.detail });
      return;
    }
    this.#manager = found;
    const connected = this.#codec.writeConnected(ports.random.hex(8));
    this.#timers.get("opening")?.cancel();
    onOpen();
    this.#send(connected);
    this.#liveness.begin(this.#codec.heartBeats);
    this.#arm("look", bounds.lookMs, () => void this.#look(found));
  }

  /** A token that is revoked ends what was opened with it, and so does a device that leaves those it is for. */
  async #look(manager: Manager): Promise<void> {
    const isAdmitted = async (): Promise<boolean> =>
      (await manager.isAdmitted()) && (await this.#subscriptions.areAllowed(manager));
    const isGood = await isAdmitted().catch(() => true);
    if (this.#isClosed) return;
    if (isGood) this.#arm("look", this.#means.bounds.lookMs, () => void this.#look(manager));
    else this.close(REVOKED);
  }

  #ask(ask: Ask): void {
    const { maxOutstanding, maxWaitingBytes } = this.#means.bounds;
    const bytes = ask.sends.reduce((sum, each) => sum + each.bytes, 0);
    const isTooMuch =
      this.#outstanding + ask.sends.length > maxOutstanding || this.#waitingBytes + bytes > maxWaitingBytes;
    if (isTooMuch) {
      this.#refuse(ask, TOO_MANY);
      return;
    }
    this.#outstanding += ask.sends.length;
    this.#waitingBytes += bytes;
    const asking = this.#inTurn(ask).then(() => {
      this.#waitingBytes -= bytes;
    });
    const devices = devicesOf(ask);
    for (const device of devices) this.#lines.set(device, asking);
    void asking.then(() => {
      for (const device of devices) if (this.#lines.get(device) === asking) this.#lines.delete(device);
    });
  }

  /** After all that was asked of the same devices before. Never rejects. */
  async #inTurn(ask: Ask): Promise<void> {
    try {
      await Promise.all(devicesOf(ask).flatMap((device) => this.#lines.get(device) ?? []));
      await this.#accept(ask);
    } catch (error) {
      this.#means.ports.log.error("a manager could not be served", { error: asError(error) });
      this.close(FAILED);
    }
  }

  async #accept(ask: Ask): Promise<void> {
    const questions = this.#readAll(ask.sends);
    const refusal = isRefusal(questions) ? questions : await this.#store(questions);
    const unanswered = ask.sends.filter(({ addressed }) => addressed.requestId === undefined);
    this.#outstanding -= refusal === undefined ? unanswered.length : ask.sends.length;
    if (refusal !== undefined) this.#refuse(ask, refusal);
    else if (ask.receipt !== undefined) this.#send(this.#codec.writeReceipt(ask.receipt));
  }

  async #store(questions: readonly Question[]): Promise<Refusal | undefined> {
    const manager = this.#manager;
    if (manager === undefined) return refuse("unauthenticated", "say first who you are");
    const onEnded = (group: Group, operation: OperationRecord): void =>
      void this.#end(group, operation, manager);
    return (await this.#desk.ask({ groups: groupsOf(questions), manager, onEnded }))?.refusal;
  }

  #readAll(sends: readonly AskedSend[]): readonly Question[] | Refusal {
    const now = this.#means.ports.clock.now();
    const questions: Question[] = [];
    for (const send of sends) {
      const question = send.read(now);
      if (isRefusal(question)) return question;
      if (question.idempotencyKey !== undefined && sends.length > 1) {
        return refuse("invalid-request", "an idempotency key is for what is asked alone");
      }
      questions.push(question);
    }
    return questions;
  }

  /** All that was asked together is refused together. Who has nowhere to hear of it, and asked to, is told by ERROR. */
  #refuse({ sends, receipt }: Ask, refusal: Refusal): void {
    const ids = sends.flatMap(({ addressed: { requestId } }) => requestId ?? []);
    if (receipt !== undefined && (ids.length === 0 || !this.#codec.isListening)) {
      this.close({ code: 1008, reason: refusal.detail });
      return;
    }
    for (const id of ids) this.#tell(refusalOf(id, refusal), receipt);
  }

  async #subscribe(said: Subscribing): Promise<void> {
    const manager = this.#manager;
    if (manager === undefined) return;
    if (this.#outstanding >= this.#means.bounds.maxOutstanding) {
      this.#deny(said, TOO_MANY);
      return;
    }
    this.#outstanding += 1;
    try {
      const begun = (result: object): void => this.#confirm(said, result);
      const refusal = await this.#subscriptions.begin(said, manager, begun);
      if (refusal !== undefined) this.#deny(said, refusal);
      if (this.#isClosed) this.#subscriptions.close();
    } catch (error) {
      this.#means.ports.log.error("a manager could not subscribe", { error: asError(error) });
      this.close(FAILED);
    } finally {
      this.#outstanding -= 1;
    }
  }

  #confirm({ requestId, receipt }: Confirmed, result: object): void {
    if (requestId !== undefined) this.#tell(resultOf(requestId, result));
    if (receipt !== undefined) this.#send(this.#codec.writeReceipt(receipt));
  }

  #deny({ requestId }: Confirmed, refusal: Refusal): void {
    if (requestId === undefined) this.close({ code: 1008, reason: refusal.detail });
    else this.#tell(refusalOf(requestId, refusal));
  }

  /** Resolves once it has left, be it after others were acknowledged. */
  async #publish(told: Told | Seen): Promise<void> {
    if (this.#isClosed) return;
    const written = "said" in told ? this.#codec.writeSeen(told) : this.#codec.writePublication(told);
    if (written === "drop") return;
    if (written !== "wait") return new Promise((resolve) => this.#socket.send(written.message, resolve));
    await this.#heard.promise;
    await this.#publish(told);
  }

  /** A device that has left those of the manager is told of no more. */
  async #end(group: Group, operation: OperationRecord, manager: Manager): Promise<void> {
    const on = await manager.on([group.device]).catch(() => manager);
    const visible = visibleOperation(on.rights, operation);
    for (const answer of answersOf(group, visible)) {
      this.#due.push(seesDevice(on, group.device) ? answer : refusalOf(answer.requestId, NOT_SEEN));
      this.#outstanding -= 1;
    }
    this.#sendDue();
  }

  #sendDue(): void {
    for (let next = this.#due[0]; next !== undefined; next = this.#due[0]) {
      if (this.#tell(next) === "wait") return;
      this.#due.shift();
    }
  }

  #tell(answer: Answer, receipt?: string): "told" | "wait" {
    const written = this.#isClosed ? "drop" : this.#codec.writeAnswer(answer, receipt);
    if (written === "wait") return written;
    if (typeof written === "object") this.#send(written.message);
    return "told";
  }

  #send(message: Message | undefined): void {
    if (this.#isClosed || message === undefined) return;
    this.#socket.send(message);
    if (this.#socket.buffered > this.#means.bounds.maxBufferedBytes) this.close(SLOW);
  }

  #arm(name: "opening" | "look", delayMs: number, run: () => void): void {
    this.#timers.get(name)?.cancel();
    this.#timers.set(name, this.#means.ports.clock.after(delayMs, run));
  }
}

function cannotTell(): Refusal {
  return refuseFor("store-busy", "the ACS cannot look at the token now", SOON_MS);
}

function devicesOf({ sends }: Ask): readonly DeviceKey[] {
  return [...new Set(sends.map(({ addressed }) => addressed.device))];
}

import { setImmediate as nextTurn } from "node:timers/promises";
import type { DeviceKey } from "@heliograph/protocol";
import { asError, unreachable, type Clock, type OperationRecord, type Timer } from "../../ports/index.ts";
import { HeartBeats } from "../../stomp/heart-beats.ts";
import type { Manager } from "../authentication.ts";
import { isRefusal, refuse, refuseFor, type Refusal } from "../refusal.ts";
import type { NorthboundPorts } from "../settings.ts";
import { visibleOperation } from "../visible.ts";
import { answersOf, refusalOf, resultOf, type Answer } from "./answers.ts";
import type { ManageBounds } from "./bounds.ts";
import { Desk } from "./desk.ts";
import { FollowedChannels, type ChannelNews, type Followed, type Told } from "./followed-channels.ts";
import { groupsOf, type Group } from "./groups.ts";
import type { AskedSend, Confirmed, ManagerLanguage, ManagerSaid, Message } from "./manager-language.ts";
import type { Question } from "./question.ts";

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

export interface ConnectionMeans {
  readonly ports: NorthboundPorts;
  readonly bounds: ManageBounds;
  readonly news: ChannelNews;
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
const FRAMES_IN_A_TURN = 50;

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
  readonly #channels: FollowedChannels;
  /** What was last asked of each device: what is asked later is stored later. */
  readonly #lines = new Map<DeviceKey, Promise<void>>();
  readonly #timers = new Map<"opening" | "look" | "ping", Timer>();
  /** Messages of which not all is read. */
  readonly #inbox: Message[] = [];
  /** Answers that wait until others are acknowledged. */
  #due: Answer[] = [];
  /** Questions that are not answered yet; those that want no answer, until they are stored. */
  #outstanding = 0;
  /** Bodies of questions that are not stored yet. */
  #waitingBytes = 0;
  #heard = Promise.withResolvers<unknown>();
  #manager: Manager | undefined;
  #beats: HeartBeats | undefined;
  #hasSpoken = true;
  #isClosed = false;

  constructor(socket: ManagerSocket, codec: ManagerLanguage, means: ConnectionMeans) {
    this.#socket = socket;
    this.#codec = codec;
    this.#means = means;
    this.#desk = new Desk(means.ports);
    this.#channels = new FollowedChannels({ ...means, tell: (told) => this.#publish(told) });
    this.#manager = means.manager;
    this.#arm("opening", means.bounds.openMs, () => this.close(UNSEEN));
    if (codec.beginsAtOnce && means.manager !== undefined) void this.#open(undefined);
  }

  onMessage(message: Message): void {
    this.onSign();
    this.#inbox.push(message);
    if (this.#inbox.length === 1) void this.#readInbox();
  }

  /** Any sign of life. */
  onSign(): void {
    this.#hasSpoken = true;
    this.#beats?.heard();
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
    this.#beats?.stop();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#desk.close();
    this.#channels.close();
    this.#noteHeard();
  }

  /** Something was acknowledged, perhaps. */
  #noteHeard(): void {
    this.#heard.resolve(undefined);
    this.#heard = Promise.withResolvers();
  }

  /** Many frames come in one message: others have their turn in between. */
  async #readInbox(): Promise<void> {
    let frames = 0;
    for (let message = this.#inbox[0]; message !== undefined; message = this.#inbox[0]) {
      for (const said of this.#codec.read(message)) {
        if (this.#isClosed) return;
        this.#hear(said);
        frames += 1;
        if (frames % FRAMES_IN_A_TURN === 0) await this.#giveWay();
      }
      this.#inbox.shift();
    }
    this.#sendDue();
    this.#noteHeard();
  }

  async #giveWay(): Promise<void> {
    this.#socket.pause();
    await nextTurn();
    this.#socket.resume();
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
        void this.#follow(said);
        return;
      case "unfollow":
        this.#channels.unfollow(said.channel);
        this.#confirm(said, {});
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
    this.#live(ports.clock);
    this.#arm("look", bounds.lookMs, () => void this.#look(found));
  }

  #live(clock: Clock): void {
    const plan = this.#codec.heartBeats;
    if (plan !== undefined) {
      this.#beats = new HeartBeats(clock, plan, {
        beat: () => this.#send(this.#codec.writeHeartBeat()),
        onSilent: () => this.close(SILENT),
      });
    }
    if (this.#beats?.areMutual !== true) this.#ping();
  }

  #ping(): void {
    this.#arm("ping", this.#means.bounds.heartBeatMs, () => {
      if (!this.#hasSpoken) {
        this.close(SILENT);
        return;
      }
      this.#hasSpoken = false;
      this.#socket.ping();
      this.#ping();
    });
  }

  /** A token that is revoked ends what was opened with it. */
  async #look(manager: Manager): Promise<void> {
    const isAdmitted = await manager.isAdmitted().catch(() => true);
    if (this.#isClosed) return;
    if (isAdmitted) this.#arm("look", this.#means.bounds.lookMs, () => void this.#look(manager));
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
      this.#ended(group, visibleOperation(manager.rights, operation));
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

  async #follow(said: Extract<ManagerSaid, { readonly type: "follow" }>): Promise<void> {
    const { channel, position } = said;
    const manager = this.#manager;
    if (manager === undefined) return;
    if (this.#outstanding >= this.#means.bounds.maxOutstanding) {
      this.#deny(said, TOO_MANY);
      return;
    }
    const begun = (followed: Followed): void => this.#confirm(said, shownFollowed(followed));
    this.#outstanding += 1;
    try {
      const refusal = await this.#channels.follow({ channel, position, manager }, begun);
      if (refusal !== undefined) this.#deny(said, refusal);
      if (this.#isClosed) this.#channels.close();
    } catch (error) {
      this.#means.ports.log.error("a manager could not follow a channel", { error: asError(error) });
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
  async #publish(told: Told): Promise<void> {
    if (this.#isClosed) return;
    const written = this.#codec.writePublication(told);
    if (written === "drop") return;
    if (written !== "wait") return new Promise((resolve) => this.#socket.send(written.message, resolve));
    await this.#heard.promise;
    await this.#publish(told);
  }

  #ended(group: Group, operation: OperationRecord): void {
    for (const answer of answersOf(group, operation)) {
      this.#due.push(answer);
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

  #arm(name: "opening" | "look" | "ping", delayMs: number, run: () => void): void {
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

function shownFollowed({ channel, epoch, offset, isRecovered }: Followed): object {
  return { Channel: channel, Epoch: epoch, Offset: offset, Recovered: isRecovered };
}

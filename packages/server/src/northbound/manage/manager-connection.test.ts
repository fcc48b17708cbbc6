import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../bus/memory.ts";
import {
  builtInRoles,
  subjects,
  type AcceptAllAsk,
  type AcceptAllReply,
  type Log,
} from "../../ports/index.ts";
import { systemRandom } from "../../main/system-random.ts";
import { openQuirkBook } from "../../store/quirk-book.ts";
import { openSqliteStore } from "../../store/sqlite.ts";
import type { Manager } from "../authentication.ts";
import { defaultManageBounds, type ManageBounds } from "./bounds.ts";
import { LiveDevices } from "../live/live-devices.ts";
import { managerPace, ManagerPaces, type PaceBounds } from "../pace.ts";
import { ChannelNews } from "./followed-channels.ts";
import { ManagerCodec } from "./manager-codec.ts";
import { ManagerConnection, type Closing } from "./manager-connection.ts";

const CONNECT = "CONNECT\naccept-version:1.2\nhost:acs\npasscode:good\n\n\0";
const LISTEN = "SUBSCRIBE\nid:0\ndestination:/user/responses\n\n\0";

test("who does not say in time who it is, or says it wrongly, is told so and closed", async () => {
  await using late = await connect();
  await late.clock.advance(defaultManageBounds.openMs);
  assert.equal(late.code(), 4001);
  assert.match(late.text, /^ERROR\nmessage:no session was opened in time/);
  await using wrong = await connect();
  wrong.say(CONNECT.replace("good", "bad"));
  await wrong.until(() => wrong.closed !== undefined);
  assert.equal(wrong.code(), 4001);
});

test("a token that is not good any more ends the connection within a second", async () => {
  await using peer = await connect();
  await peer.open();
  peer.revoke();
  await peer.clock.advance(1_000);
  await peer.until(() => peer.closed !== undefined);
  assert.equal(peer.code(), 4001);
});

test("heart-beats go as they were agreed on, and two silent periods end the connection", async () => {
  await using peer = await connect();
  await peer.open(CONNECT.replace("\n\n", "\nheart-beat:40000,40000\n\n"));
  await peer.clock.advance(30_000);
  assert.equal(peer.text.at(-1), "\n");
  peer.say("\n");
  await peer.clock.advance(79_999);
  assert.equal(peer.code(), undefined);
  await peer.clock.advance(1);
  assert.equal(peer.code(), 1001);
  assert.equal(peer.pings, 0);
});

test("without heart-beats it is pinged, and who is silent after that is gone", async () => {
  await using peer = await connect();
  await peer.open();
  await peer.clock.advance(30_000);
  assert.equal(peer.pings, 1);
  peer.connection.onSign();
  await peer.clock.advance(30_000);
  assert.equal(peer.pings, 2);
  await peer.clock.advance(30_000);
  assert.equal(peer.code(), 1001);
});

test("a manager has so many questions open, and hears of one too many", async () => {
  await using peer = await connect({ maxOutstanding: 2 });
  await peer.open();
  for (const id of ["1", "2", "3"]) peer.say(asking(id, id));
  await peer.until(() => peer.text.includes("MESSAGE") && peer.asked.length === 2);
  assert.match(peer.text, /request-id:3\nstatus:refused\n[^]*queue-full/);
  assert.equal(peer.asked.length, 2);
});

test("questions whose bodies together are too large are refused before they are stored", async () => {
  await using peer = await connect({ maxWaitingBytes: 3 });
  await peer.open();
  for (const id of ["1", "2"]) peer.say(asking(id));
  await peer.until(() => peer.asked.length === 1 && peer.text.includes("MESSAGE"));
  assert.match(peer.text, /request-id:2\nstatus:refused/);
});

test("what is asked of one device is asked in turn, of several at once", async () => {
  await using peer = await connect();
  await peer.open();
  const held = peer.hold();
  peer.say(asking("1", "A") + asking("2", "A") + asking("3", "B"));
  await peer.until(() => peer.asked.length === 2);
  assert.deepEqual(peer.devices(), ["00D09E-X-A", "00D09E-X-B"]);
  held();
  await peer.until(() => peer.asked.length === 3);
});

test("a message of many frames is read a part at a time, and nothing more meanwhile", async () => {
  await using peer = await connect();
  await peer.open();
  peer.say(
    "BEGIN\ntransaction:t\n\n\0".concat("ABORT\ntransaction:t\n\n\0BEGIN\ntransaction:t\n\n\0".repeat(60)),
  );
  peer.say("ABORT\ntransaction:t\nreceipt:r\n\n\0");
  assert.ok(peer.isPaused);
  assert.ok(!peer.text.includes("RECEIPT"));
  await peer.until(() => peer.text.includes("RECEIPT"));
  assert.ok(!peer.isPaused);
});

test("who asks more than their turns waits for the next, and nothing of theirs is read meanwhile", async () => {
  await using peer = await connect({}, { atOnce: 2, perSecond: 10 });
  await peer.open();
  for (const id of ["1", "2", "3", "4"]) peer.say(asking(id, id));
  await peer.until(() => peer.asked.length === 2);
  assert.ok(peer.isPaused);
  await peer.clock.advance(100);
  await peer.until(() => peer.asked.length === 3);
  await peer.clock.advance(100);
  await peer.until(() => peer.asked.length === 4);
  assert.ok(!peer.isPaused);
});

test("who does not read its answers is cut", async () => {
  await using peer = await connect({ maxBufferedBytes: 10 });
  await peer.open();
  peer.buffered = 11;
  peer.say("UNSUBSCRIBE\nid:0\nreceipt:r\n\n\0");
  assert.equal(peer.code(), 4002);
});

test("a refusal that nobody would hear of is an ERROR", async () => {
  await using peer = await connect();
  await peer.open(CONNECT, "");
  peer.say(asking("1").replace("method:GetRPCMethods", "method:NoSuch\nreceipt:r"));
  await peer.until(() => peer.closed !== undefined);
  assert.equal(peer.code(), 1008);
});

function asking(requestId: string, serial = "A"): string {
  const head = `destination:/device/00D09E-X-${serial}/requests\nmethod:GetRPCMethods\nrequest-id:${requestId}`;
  return `SEND\n${head}\n\n{}\0`;
}

/** A connection whose manager is the test, with an engine that accepts what it is asked. */
async function connect(bounds: Partial<ManageBounds> = {}, pace: PaceBounds = managerPace) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir());
  const clock = new VirtualClock();
  const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const store = await openSqliteStore({ path: folder.file("db"), thread: "caller" });
  stack.defer(() => store.close());
  const bus = memoryBus({ clock, onError: () => undefined });
  const quirks = await openQuirkBook({ bus, store, clock, log });
  stack.defer(() => {
    quirks.close();
  });
  const peer = new Peer(clock);
  bus.serve(subjects.acceptAll, async (ask): Promise<AcceptAllReply> => {
    peer.asked.push(ask);
    await peer.gate;
    return { type: "accepted", operations: [] };
  });
  const all = { ...defaultManageBounds, ...bounds };
  const ports = { bus, store, clock, random: systemRandom, log, quirks };
  const codec = new ManagerCodec({ spoken: ["1.2"], heartBeatMs: 30_000, maxBodyBytes: 1024 });
  peer.connection = new ManagerConnection(peer, codec, {
    ports,
    bounds: all,
    news: new ChannelNews(ports),
    live: new LiveDevices(ports),
    paces: new ManagerPaces(clock, pace),
    manager: undefined,
    authenticate: async (passcode) =>
      passcode === "good" ? peer.manager : { refused: "unauthenticated", detail: "this token is not known" },
    onOpen: () => undefined,
  });
  stack.defer(() => {
    peer.connection.onClosed();
  });
  return Object.assign(peer, { [Symbol.asyncDispose]: () => stack.disposeAsync() });
}

class Peer {
  readonly clock: VirtualClock;
  readonly asked: AcceptAllAsk[] = [];
  readonly manager: Manager = {
    name: "desk",
    rights: builtInRoles.admin,
    isAdmitted: async () => this.#isGood,
    goesByFacts: false,
    on: async () => this.manager,
  };
  connection!: ManagerConnection;
  gate: Promise<undefined> = Promise.resolve(undefined);
  buffered = 0;
  pings = 0;
  isPaused = false;
  text = "";
  closed: Closing | undefined;
  #isGood = true;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  send(message: string | Buffer): void {
    this.text += message.toString();
  }

  ping(): void {
    this.pings += 1;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(closing: Closing): void {
    this.closed = closing;
  }

  /** With which the connection was closed. */
  code(): number | undefined {
    return this.closed?.code;
  }

  say(text: string): void {
    this.connection.onMessage(text);
  }

  async open(frame = CONNECT, listen = LISTEN): Promise<void> {
    this.say(frame);
    await this.until(() => this.text.startsWith("CONNECTED"));
    if (listen !== "") this.say(listen);
  }

  revoke(): void {
    this.#isGood = false;
  }

  /** Has the engine answer nothing until what it gives is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.gate = promise;
    return () => resolve(undefined);
  }

  devices(): readonly string[] {
    return this.asked.flatMap(({ operations }) => operations.map(({ device }) => device));
  }

  /** Lets what is under way go on until it is so; fails where it never is. */
  async until(isSo: () => boolean): Promise<void> {
    for (let turn = 0; turn < 1_000 && !isSo(); turn += 1) await nextTurn();
    assert.ok(isSo());
  }
}

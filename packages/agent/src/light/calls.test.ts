import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { encodeTokenRequest } from "@heliograph/protocol";
import type { TokenId } from "@heliograph/protocol";
import type { DeviceReply } from "../dispatch.ts";
import { Calls } from "./calls.ts";
import type { AnswerLine } from "./calls.ts";
import { jsonBinding } from "./json-binding.ts";
import { ScriptedLink } from "./scripted-link.fixture.ts";

const speech = jsonBinding.open("ws://acs/");

const answer: DeviceReply = { kind: "answer", method: "Reboot", result: {} };

/** Calls whose RPCs end when a test says so. */
class Bench {
  readonly ran: string[] = [];
  /** How many hold the device. */
  holds = 0;
  readonly calls: Calls;
  readonly #running: ((reply: DeviceReply) => void)[] = [];

  constructor(maxInFlight = 8, replayWindow = 2) {
    this.calls = new Calls({
      maxInFlight,
      replayWindow,
      dispatch: async ({ method }) => {
        this.ran.push(method);
        const { promise, resolve } = Promise.withResolvers<DeviceReply>();
        this.#running.push(resolve);
        return promise;
      },
      hold: () => (this.holds += 1),
      release: () => (this.holds -= 1),
    });
  }

  /** A call without an id that is to be answered all the same; its answers are the texts of `link`. */
  callUnnamed(): void {
    const request = { method: "Reboot", params: { CommandKey: "" } } as const;
    this.calls.serve({ id: undefined, request, writeAnswer: (reply) => JSON.stringify({ reply }) });
  }

  call(id: TokenId | undefined, method = "Reboot", params: object = {}): void {
    const [heard] = speech.read(encodeTokenRequest({ id, method, params }));
    assert.ok(heard?.type === "call", JSON.stringify(heard));
    this.calls.serve(heard.call);
  }

  /** The oldest RPC that runs ends. */
  async end(reply: DeviceReply = answer): Promise<void> {
    this.#running.shift()?.(reply);
    await setImmediate();
  }

  /** A connection that is attached. */
  attach(maxMessageBytes = 1_000_000): ScriptedLink {
    const link = new ScriptedLink();
    this.calls.opened(lineOf(link));
    this.calls.attached(maxMessageBytes);
    return link;
  }
}

function lineOf(link: ScriptedLink, isOneAtATime = false): AnswerLine {
  return {
    isOneAtATime,
    write: (answer) => speech.writeAnswer(answer),
    send: (message, handed) => link.send(message, handed),
  };
}

const answered = (id: TokenId): unknown => ({ jsonrpc: "2.0", id, result: {} });

test("calls run side by side, and each is answered by its id when it is done", async () => {
  const it = new Bench();
  const link = it.attach();
  it.call("a1");
  it.call("a2");
  assert.equal(it.ran.length, 2);
  await it.end();
  assert.deepEqual(link.take(), [answered("a1")]);
  await it.end();
  assert.deepEqual(link.take(), [answered("a2")]);
  assert.equal(it.holds, 0);
});

test("more calls at once than the device takes get fault 9004 and do not run", async () => {
  const it = new Bench(1);
  const link = it.attach();
  it.call("a1");
  it.call("a2");
  assert.equal(it.ran.length, 1);
  const message = "Resources exceeded: too many calls at once";
  assert.deepEqual(link.take(), [{ jsonrpc: "2.0", id: "a2", error: { code: 9004, message } }]);
  await it.end();
  it.call("a2");
  assert.equal(it.ran.length, 2);
});

test("a call without an id runs and is never answered, with a fault neither [LIGHT-TOKEN-3]", async () => {
  const it = new Bench();
  const link = it.attach();
  it.call(undefined);
  await it.end({ kind: "fault", fault: { code: 9001, message: "Request denied" } });
  assert.deepEqual(it.ran, ["Reboot"]);
  assert.deepEqual(link.take(), []);
  assert.equal(it.holds, 0);
});

test("calls without an id run as many at once as may, and more are lost", async () => {
  const it = new Bench(2);
  it.attach();
  for (let count = 0; count < 3; count++) it.call(undefined);
  assert.equal(it.ran.length, 2);
  await it.end();
  it.call(undefined);
  assert.equal(it.ran.length, 3);
});

test("an answer whose call still ran when the connection was lost leaves after the next Attach [LIGHT-LOSS-2]", async () => {
  const it = new Bench();
  it.attach();
  it.call("a1");
  it.call("a2");
  it.calls.lost();
  await it.end();
  const link = new ScriptedLink();
  it.calls.opened(lineOf(link));
  await it.end();
  assert.deepEqual(link.take(), [], "not before Attach");
  it.calls.attached(1_000_000);
  assert.deepEqual(link.take(), [answered("a1"), answered("a2")]);
  it.calls.lost();
  assert.deepEqual(it.attach().take(), [], "and never again");
});

test("a call that came before Attach is answered before Attach [LIGHT-ATTACH-4]", async () => {
  const it = new Bench();
  const link = new ScriptedLink();
  it.calls.opened(lineOf(link));
  it.call("a1");
  await it.end();
  assert.deepEqual(link.take(), [answered("a1")]);
});

test("an answer that the connection did not take over is owed; one that it took is not [LIGHT-LOSS-2]", async () => {
  const it = new Bench();
  const first = it.attach();
  it.call("a1");
  it.call("a2");
  await it.end();
  first.clog();
  await it.end();
  assert.equal(it.holds, 1, "until it has left");
  first.unclog(false);
  assert.equal(it.holds, 0);
  it.calls.lost();
  assert.deepEqual(it.attach().take(), [answered("a2")]);
});

test("an answer of which nothing is heard is owed when the connection is lost, and holds nothing up", async () => {
  const it = new Bench();
  const first = it.attach();
  first.clog();
  it.call("a1");
  await it.end();
  it.calls.lost();
  assert.equal(it.holds, 0);
  const next = it.attach();
  assert.deepEqual(next.take(), [answered("a1")]);
  first.unclog(true);
  assert.equal(it.holds, 0);
});

test("an id that is asked again gets the same answer, and nothing runs twice [LIGHT-LOSS-3]", async () => {
  const it = new Bench();
  const first = it.attach();
  it.call("a1");
  await it.end();
  it.call("a1");
  assert.deepEqual(first.take(), [answered("a1"), answered("a1")]);
  it.calls.lost();
  const next = it.attach();
  it.call("a1");
  assert.deepEqual(next.take(), [answered("a1")]);
  assert.equal(it.ran.length, 1);
});

test("an id that is asked again while it runs is answered once, when it is done [LIGHT-LOSS-3]", async () => {
  const it = new Bench();
  it.attach();
  it.call("a1");
  it.calls.lost();
  const next = it.attach();
  it.call("a1");
  it.call("a1");
  await it.end();
  assert.deepEqual(next.take(), [answered("a1")]);
  assert.equal(it.ran.length, 1);
});

test("an id beyond the window runs again [LIGHT-LOSS-3]", async () => {
  const it = new Bench(8, 1);
  it.attach();
  for (const id of ["a1", "a2"]) {
    it.call(id);
    await it.end();
  }
  it.call("a2");
  assert.equal(it.ran.length, 2);
  it.call("a1");
  assert.equal(it.ran.length, 3);
});

test("after a reboot nothing is owed or known [LIGHT-LOSS-3]", async () => {
  const it = new Bench();
  it.attach();
  it.call("a1");
  it.call("a2");
  await it.end();
  it.calls.lost();
  it.calls.forget();
  await it.end();
  const link = it.attach();
  assert.deepEqual(link.take(), []);
  it.call("a1");
  assert.equal(it.ran.length, 3);
  await it.end();
  assert.deepEqual(link.take(), [answered("a1")]);
});

test("an answer that is longer than the ACS takes is refused with 9004 instead", async () => {
  const it = new Bench();
  const link = it.attach(100);
  it.call("a1", "X_00D09E_Log");
  await it.end({ kind: "answer", method: "X_00D09E_Log", result: { Log: "ä".repeat(40) } });
  const message = "Resources exceeded: the answer is longer than the ACS takes";
  assert.deepEqual(link.take(), [{ jsonrpc: "2.0", id: "a1", error: { code: 9004, message } }]);
  it.call("a2", "X_00D09E_Log");
  await it.end({ kind: "answer", method: "X_00D09E_Log", result: { Log: "a".repeat(40) } });
  assert.deepEqual(link.take(), [{ jsonrpc: "2.0", id: "a2", result: { Log: "a".repeat(40) } }]);
});

test("values alone are answered in the order asked [LIGHT-LIST-7]", async () => {
  const it = new Bench();
  const link = it.attach();
  const ask = (id: string, names: readonly string[]): void =>
    it.call(id, "GetParameterValues", { ParameterNames: names, Shape: "values" });
  ask("a1", ["Device.B", "Device.A"]);
  const ParameterList = { "Device.": { A: 1, B: "two" } };
  await it.end({ kind: "answer", method: "GetParameterValues", result: { ParameterList } });
  assert.deepEqual(link.take(), [{ jsonrpc: "2.0", id: "a1", result: { Values: ["two", 1] } }]);
});

test("with a partial path among its names, that question gets fault 9003 and does not run [LIGHT-LIST-8]", async () => {
  const it = new Bench();
  const link = it.attach();
  const params = { ParameterNames: ["Device.A", "Device."], Shape: "values" };
  it.call("a1", "GetParameterValues", params);
  await setImmediate();
  const message = "Invalid arguments: the Shape values needs full paths";
  assert.deepEqual(link.take(), [{ jsonrpc: "2.0", id: "a1", error: { code: 9003, message } }]);
  assert.deepEqual(it.ran, []);
});

test("where one call is out at a time, another gets fault 9004 while it runs, and not a moment longer", async () => {
  const it = new Bench();
  const link = new ScriptedLink();
  it.calls.opened(lineOf(link, true));
  link.clog();
  it.call("a1");
  it.call("a2");
  assert.match(String(link.sent.shift()), /"id":"a2".*9004/);
  await it.end();
  it.call("a3");
  assert.equal(it.ran.length, 2, "though nobody heard yet that the first answer has left");
});

test("what still runs since an earlier connection does not count there", async () => {
  const it = new Bench();
  it.attach();
  it.call("a1");
  it.calls.lost();
  it.calls.opened(lineOf(new ScriptedLink(), true));
  it.call("a2");
  assert.equal(it.ran.length, 2);
});

test("a call without an id that is to be answered is, over its own connection and no other", async () => {
  const it = new Bench();
  const first = it.attach();
  it.callUnnamed();
  await it.end();
  assert.deepEqual(first.take(), [{ reply: answer }]);
  it.callUnnamed();
  it.calls.lost();
  const next = it.attach();
  await it.end();
  assert.deepEqual([...first.take(), ...next.take()], []);
  assert.equal(it.holds, 0);
});

test("such an answer, too, holds the device until it has left, and is refused where it is too long", async () => {
  const it = new Bench();
  const link = it.attach(100);
  link.clog();
  it.callUnnamed();
  const Log = "a".repeat(100);
  await it.end({ kind: "answer", method: "X_00D09E_Log", result: { Log } });
  assert.match(JSON.stringify(link.take()), /9004/);
  assert.equal(it.holds, 1);
  link.unclog(true);
  assert.equal(it.holds, 0);
});

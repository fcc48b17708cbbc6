import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../bus/memory.ts";
import { subjects, type RpcAsk } from "../../ports/index.ts";
import { systemRandom } from "../../main/system-random.ts";
import { HintedQuestions } from "./hinted-questions.ts";

const key = deviceKey({ Manufacturer: "M", OUI: "F0F0F0", ProductClass: "", SerialNumber: "1" });
assert.ok(key !== undefined);

function open() {
  const clock = new VirtualClock();
  const bus = memoryBus({ clock, onError: rethrow });
  const asked: RpcAsk[] = [];
  bus.serve(subjects.everyRpc, (ask) => {
    asked.push(ask);
    return Promise.resolve({ type: "refused", reason: "queue-full", detail: "" });
  });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return { clock, asked, questions: new HintedQuestions({ bus, clock, random: systemRandom, log }) };
}

function rethrow(error: unknown): never {
  throw error;
}

function namesIn(asks: readonly RpcAsk[]): readonly unknown[] {
  return asks.map(({ rpcs }) => rpcs[0]?.params["ParameterNames"]);
}

test("a device is asked at once, and then for all that was hinted at in ten seconds together [CWMP-LWNOTIF-6]", async () => {
  const { clock, asked, questions } = open();
  assert.ok(questions.ask(key, ["Device.A"]));
  assert.ok(questions.ask(key, ["Device.B", "Device.C"]));
  assert.ok(questions.ask(key, ["Device.B"]));
  await clock.advance(0);
  assert.deepEqual(namesIn(asked), [["Device.A"]]);
  await clock.advance(10_000);
  assert.deepEqual(namesIn(asked), [["Device.A"], ["Device.B", "Device.C"]]);
  await clock.advance(60_000);
  assert.equal(asked.length, 2);
  questions.ask(key, ["Device.A"]);
  await clock.advance(0);
  assert.equal(asked.length, 3);
  assert.equal(asked[0]?.automatic, "lightweight notification");
});

test("no more names wait than fit into a question, and none after the end", async () => {
  const { clock, asked, questions } = open();
  questions.ask(key, ["Device.A"]);
  questions.ask(
    key,
    Array.from({ length: 100 }, (_, at) => `Device.P${at}`),
  );
  await clock.advance(10_000);
  assert.deepEqual(namesIn(asked.slice(1)), [Array.from({ length: 64 }, (_, at) => `Device.P${at}`)]);
  questions.ask(key, ["Device.B"]);
  questions.close();
  await clock.advance(60_000);
  assert.equal(asked.length, 2);
});

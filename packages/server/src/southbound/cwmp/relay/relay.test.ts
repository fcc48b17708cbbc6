import assert from "node:assert/strict";
import { test } from "node:test";
import { cookieOf, openBench } from "../../../../test/cwmp-bench.ts";
import { envelopeText, informText, transferCompleteText, valuesText } from "../../../../test/envelopes.ts";
import { callId, type NextReply } from "../../../ports/index.ts";

const get = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } } as const;

test("a session goes on where its requests come to another gateway", async () => {
  await using bench = await openBench();
  const elsewhere = await (await bench.another()).connect();
  bench.engine.willCall("a1", get);
  const device = await bench.connect();
  const informed = await device.post(informText());
  const cookie = cookieOf(informed);
  const called = await elsewhere.post("", cookie);
  assert.match(called.body, /<cwmp:GetParameterValues>/);
  const done = await elsewhere.post(valuesText("a1"), cookie);
  assert.equal(done.status, 204);
  assert.equal(bench.engine.asks.at(-1)?.ended?.outcome.type, "answered");
});

test("what a device says of itself is stored by the gateway that holds its session, before it is answered", async () => {
  await using bench = await openBench();
  const elsewhere = await (await bench.another()).connect();
  const informed = await (await bench.connect()).post(informText());
  const told = await elsewhere.post(transferCompleteText(), cookieOf(informed));
  assert.match(told.body, /TransferCompleteResponse/);
  assert.equal(bench.engine.reports.length, 1);
});

test("an answer longer than a message of the bus may be arrives whole, either way", async () => {
  await using bench = await openBench();
  const elsewhere = await (await bench.another()).connect();
  const long = Array.from({ length: 30_000 }, (_, index) => `Device.Long.${index}.${Math.sqrt(index)}`);
  bench.engine.willCall("a1", { method: "GetParameterValues", params: { ParameterNames: long } });
  const informed = await (await bench.connect()).post(informText());
  const called = await elsewhere.post("", cookieOf(informed));
  assert.ok(called.body.length > 1_000_000);
  assert.ok(called.body.includes(`>${long.at(-1)}</`));
  const values = long.slice(0, 15_000).map((path) => {
    return `<ParameterValueStruct><Name>${path}</Name><Value>1</Value></ParameterValueStruct>`;
  });
  const answer = envelopeText(
    `<cwmp:GetParameterValuesResponse><ParameterList>${values.join("")}</ParameterList></cwmp:GetParameterValuesResponse>`,
    { id: "a1" },
  );
  const done = await elsewhere.post(answer, cookieOf(informed));
  assert.equal(done.status, 204);
  const outcome = bench.engine.asks.at(-1)?.ended?.outcome;
  assert.ok(outcome?.type === "answered" && JSON.stringify(outcome).length > 300_000);
});

test("with the gateway that held it a session is over, and the device begins anew at any other", async () => {
  await using bench = await openBench();
  const another = await bench.another();
  const device = await another.connect();
  const cookie = cookieOf(await device.post(informText()));
  await another.close();
  const elsewhere = await bench.connect();
  assert.equal((await elsewhere.post("", cookie)).status, 400);
  assert.equal((await elsewhere.post(informText(), cookie)).status, 200);
});

test("a call that another gateway cannot hand to its device is not sent", async () => {
  const asked = Promise.withResolvers<undefined>();
  const next = Promise.withResolvers<NextReply>();
  const script = {
    next: () => {
      asked.resolve(undefined);
      return next.promise;
    },
  };
  await using bench = await openBench({ engine: script });
  const another = await bench.another();
  const elsewhere = await another.connect();
  const cookie = cookieOf(await (await bench.connect()).post(informText()));
  const posting = elsewhere.post("", cookie);
  await asked.promise;
  elsewhere.raw.cut();
  await assert.rejects(posting);
  // A whole exchange on another connection: by then the gateway has seen the first one close.
  await (await another.connect()).post("garbage");
  next.resolve({ type: "call", call: { callId: callId("a1"), ...get } });
  const { ended } = await bench.engine.closed.take();
  assert.deepEqual(ended, { callId: "a1", outcome: { type: "not-sent" } });
});

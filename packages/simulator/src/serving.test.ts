import { dataModel, dispatcher } from "@heliograph/agent";
import assert from "node:assert/strict";
import { test } from "node:test";
import { servingHandlers, type Manners } from "./serving.ts";

const CHANNEL = "Device.WiFi.Radio.1.Channel";
const KEY = "Device.ManagementServer.ParameterKey";

/** A device of those manners, and how long it took each time. */
function device(manners: Partial<Manners> = {}) {
  const model = dataModel({ [CHANNEL]: { type: "unsignedInt", value: 36, writable: true }, [KEY]: "" });
  const served: number[] = [];
  let now = 0;
  const handlers = servingHandlers(model, {
    now: () => now,
    takeTime: async () => undefined,
    refuses: () => false,
    served: (ms) => served.push(ms),
    ...manners,
  });
  const dispatch = dispatcher({ model, handlers });
  return { model, dispatch, served, wait: (ms: number) => void (now += ms) };
}

test("a well-behaved device serves as its model does", async () => {
  const { dispatch, model, served } = device();
  const plain = dispatcher({ model });
  for (const request of [
    { method: "GetParameterValues", params: { ParameterNames: ["Device."] } },
    { method: "GetParameterNames", params: { ParameterPath: "Device.", NextLevel: true } },
    { method: "GetParameterValues", params: { ParameterNames: ["Device.Nothing"] } },
  ] as const) {
    assert.deepEqual(await dispatch(request), await plain(request));
  }
  assert.equal(served.length, 3);
});

test("what is set is set, with its key", async () => {
  const { dispatch, model } = device();
  const ParameterList = { "Device.WiFi.Radio.1.": { Channel: 44 } };
  const reply = await dispatch({
    method: "SetParameterValues",
    params: { ParameterList, ParameterKey: "k" },
  });
  assert.equal(reply.kind, "answer");
  assert.deepEqual([model.get(CHANNEL), model.get(KEY)], [44, "k"]);
});

test("a failing device refuses without doing anything", async () => {
  const { dispatch, model, served } = device({ refuses: () => true });
  const ParameterList = { "Device.WiFi.Radio.1.": { Channel: 44 } };
  const reply = await dispatch({
    method: "SetParameterValues",
    params: { ParameterList, ParameterKey: "k" },
  });
  assert.equal(reply.kind, "fault");
  assert.equal(model.get(CHANNEL), 36);
  assert.equal(served.length, 1);
});

test("a slow device takes its time before it does anything, and that time counts", async () => {
  const slept = Promise.withResolvers<undefined>();
  const { dispatch, model, served, wait } = device({ takeTime: async () => slept.promise });
  const ParameterList = { "Device.WiFi.Radio.1.": { Channel: 44 } };
  const serving = dispatch({ method: "SetParameterValues", params: { ParameterList, ParameterKey: "" } });
  assert.equal(model.get(CHANNEL), 36);
  wait(2_000);
  slept.resolve(undefined);
  await serving;
  assert.equal(model.get(CHANNEL), 44);
  assert.deepEqual(served, [2_000]);
});

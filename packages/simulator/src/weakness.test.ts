import { dataModel, dispatcher } from "@heliograph/agent";
import assert from "node:assert/strict";
import { test } from "node:test";
import { largeTree } from "./models/large-tree.ts";
import { servingHandlers } from "./serving.ts";
import type { Weakness } from "./weakness.ts";

const BAD = "Device.X_F0F0F0_Tree.Part.1.Row.2.Value3";

/** What a device of that weakness, with 250 parameters, answers: a fault's code, or nothing. */
function weak(weakness: Weakness) {
  const model = dataModel(largeTree(250));
  const manners = {
    now: () => 0,
    takeTime: async () => undefined,
    refuses: () => false,
    served: () => undefined,
  };
  const dispatch = dispatcher({ model, handlers: servingHandlers(model, { ...manners, weakness }) });
  const codeOf = async (request: Parameters<typeof dispatch>[0]) => {
    const reply = await dispatch(request);
    return reply.kind === "fault" ? reply.fault.code : undefined;
  };
  return {
    read: (...names: string[]) => codeOf({ method: "GetParameterValues", params: { ParameterNames: names } }),
    look: (path: string) =>
      codeOf({ method: "GetParameterNames", params: { ParameterPath: path, NextLevel: true } }),
  };
}

test("a large device has as many parameters as it is said to", () => {
  assert.equal(Object.keys(largeTree(5_000)).length, 5_000);
});

test("a device that bears only so many names refuses more", async () => {
  const { read } = weak({ maxNames: 10 });
  assert.equal(await read("Device.X_F0F0F0_Tree.Part.1.Row.1."), undefined);
  assert.equal(await read("Device.X_F0F0F0_Tree.Part.1."), 9004);
});

test("a bad name makes every read with it fail, and no other", async () => {
  const { read } = weak({ badName: BAD });
  assert.deepEqual([await read(BAD), await read("Device.X_F0F0F0_Tree.Part.1.Row.2.")], [9005, 9005]);
  assert.equal(await read("Device.X_F0F0F0_Tree.Part.1.Row.1."), undefined);
});

test("a device that refuses an empty path takes its root", async () => {
  const { read, look } = weak({ refusesEmptyPath: true });
  assert.deepEqual([await look(""), await read("")], [9005, 9005]);
  assert.equal(await look("Device."), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import type { DeviceCall } from "../../ports/index.ts";
import { groupsOf } from "./groups.ts";
import type { Question } from "./question.ts";

test("each device has one group, in the order of the questions", () => {
  const groups = groupsOf([
    asking("1", { method: "Reboot", params: {} }),
    asking("2", { method: "FactoryReset", params: {} }),
    asking("1", { method: "GetRPCMethods", params: {} }),
  ]);
  assert.deepEqual(
    groups.map(({ device, rpcs, members }) => [
      device,
      rpcs.map(({ method }) => method),
      members.map(({ rpc }) => rpc),
    ]),
    [
      ["00D09E-X-1", ["Reboot", "GetRPCMethods"], [0, 1]],
      ["00D09E-X-2", ["FactoryReset"], [0]],
    ],
  );
});

test("neighbouring sets of one ParameterKey are one set, in which the later value of a path counts [STOMP-GROUP-4]", () => {
  const [group] = groupsOf([
    asking("1", set({ "Device.A.": { X: 1, Y: 1 } })),
    asking("1", set({ "Device.A.": { Y: 2 }, "Device.B.": { Z: 3 } })),
  ]);
  assert.deepEqual(group?.rpcs, [
    {
      method: "SetParameterValues",
      params: { ParameterList: { "Device.A.": { X: 1, Y: 2 }, "Device.B.": { Z: 3 } } },
    },
  ]);
  assert.deepEqual(
    group.members.map(({ rpc }) => rpc),
    [0, 0],
  );
});

test("sets of other keys, or with something between them, stay as they are; another device is nothing between", () => {
  const one = set({ "Device.A.": { X: 1 } });
  const apart = [set({ "Device.A.": { X: 1 } }, "other"), { method: "Reboot", params: {} }, one, one];
  const [first, second] = groupsOf([
    asking("1", one),
    ...apart.map((call) => asking("1", call)),
    asking("2", one),
    asking("1", one),
    asking("2", one),
  ]);
  assert.deepEqual(
    first?.members.map(({ rpc }) => rpc),
    [0, 1, 2, 3, 3, 3],
  );
  assert.deepEqual(
    second?.members.map(({ rpc }) => rpc),
    [0, 0],
  );
});

test("names such as __proto__ are data like any other", () => {
  const list = Object.fromEntries([["__proto__", Object.fromEntries([["__proto__", 1]])]]);
  const [group] = groupsOf([asking("1", set(list)), asking("1", set({ "Device.": { X: 1 } }))]);
  assert.equal(
    JSON.stringify(group?.rpcs[0]?.params["ParameterList"]),
    '{"__proto__":{"__proto__":1},"Device.":{"X":1}}',
  );
});

function set(
  ParameterList: Readonly<Record<string, Readonly<Record<string, number>>>>,
  key?: string,
): DeviceCall {
  return {
    method: "SetParameterValues",
    params: { ParameterList, ...(key === undefined ? {} : { ParameterKey: key }) },
  };
}

function asking(serial: string, call: DeviceCall): Question {
  const device = parseDeviceKey(`00D09E-X-${serial}`);
  assert.ok(device !== undefined);
  return {
    device,
    requestId: "r",
    call,
    form: { type: "json" },
    expiresAt: undefined,
    idempotencyKey: undefined,
  };
}

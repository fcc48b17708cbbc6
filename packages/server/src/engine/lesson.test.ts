import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceCall } from "../ports/index.ts";
import { lessonOf } from "./lesson.ts";

const write: DeviceCall = {
  method: "SetParameterValues",
  params: { ParameterList: { "Device.WiFi.": { Channel: 11 } } },
};
const remove: DeviceCall = { method: "DeleteObject", params: { ObjectName: "Device.Users.User.2." } };

test("a change is taken for done where its Status is 0, and not where it is applied later [CWMP-RPC-11]", () => {
  for (const call of [write, remove]) {
    assert.notEqual(lessonOf(call, { Status: 0 }, 1), undefined);
    assert.equal(lessonOf(call, { Status: 1 }, 1), undefined);
  }
});

test("a row that was added is known by the number that the device gave it", () => {
  const add: DeviceCall = { method: "AddObject", params: { ObjectName: "Device.Users.User." } };
  assert.deepEqual(lessonOf(add, { InstanceNumber: 7, Status: 0 }, 1), {
    at: 1,
    names: { "Device.Users.User.7.": { "": true } },
  });
});

test("of what was read by a partial path, what the device left out is gone", () => {
  const read: DeviceCall = {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.WiFi.", "Device.X"] },
  };
  const lesson = lessonOf(read, { ParameterList: {} }, 1);
  assert.deepEqual(lesson?.complete, ["Device.WiFi."]);
});

test("a token that a device reads back is not learned [LIGHT-REFER-6]", () => {
  const server = "Device.ManagementServer.";
  const call = { method: "GetParameterValues", params: { ParameterNames: [server] } };
  const told = { URL: "http://acs/", X_HELIOGRAPH_WebSocketToken: "secret" };
  const lesson = lessonOf(call, { ParameterList: { [server]: told } }, 1);
  assert.deepEqual(JSON.parse(JSON.stringify(lesson?.values)), { [server]: { URL: "http://acs/" } });
});

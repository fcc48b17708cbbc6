import assert from "node:assert/strict";
import { test } from "node:test";
import type { CompactValue, ValueType } from "@heliograph/protocol";
import { dataModel } from "./data-model.ts";
import type { Change, DataModel } from "./data-model.ts";
import type { Outcome } from "./outcome.ts";

function router(): DataModel {
  return dataModel({
    "Device.DeviceInfo.SoftwareVersion": "1.0",
    "Device.DeviceInfo.UpTime": { type: "unsignedInt", get: () => 42 },
    "Device.WiFi.Enable": { type: "boolean", value: true, writable: true },
    "Device.WiFi.Channel": {
      type: "unsignedInt",
      value: 6,
      writable: true,
      check: (channel) => (channel <= 13 ? undefined : "there is no such channel"),
    },
    "Device.WiFi.Password": { type: "string", value: "secret", writable: true, hidden: true },
    "Device.Users.User.": {
      writable: true,
      maxRows: 3,
      instances: [1],
      row: (instance) => ({
        Name: { type: "string", value: `user ${instance}`, writable: true },
        "Phone.": { writable: true, row: () => ({ Number: { type: "string", writable: true } }) },
      }),
    },
  });
}

/** Maps of the wire have no prototype; their content is what counts. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function resultOf<T>(outcome: Outcome<T>): T {
  assert.equal(outcome.fault, undefined);
  return outcome.result;
}

function faultsOf(outcome: Outcome<unknown>): readonly (readonly [string, number])[] {
  assert.equal(outcome.fault?.code, 9003);
  return (outcome.fault.data?.SetParameterValuesFault ?? []).map(
    ({ ParameterName, FaultCode }) => [ParameterName, FaultCode] as const,
  );
}

test("full and partial paths are read together, hidden values as nothing [CWMP-RPC-4]", () => {
  const values = resultOf(router().values(["Device.DeviceInfo.UpTime", "Device.WiFi."]));
  assert.deepEqual(plain(values), {
    "Device.DeviceInfo.": { UpTime: 42 },
    "Device.WiFi.": { Enable: true, Channel: 6, Password: "" },
  });
});

test("the empty path is everything", () => {
  const values = resultOf(router().values([""]));
  const objects = ["Device.DeviceInfo.", "Device.WiFi.", "Device.Users.User.1.", "Device.Users."];
  assert.deepEqual(Object.keys(values), objects);
});

for (const path of [
  "Device.No",
  "Device.WiFi",
  "Device.WiFi.Channel.",
  "Device.Users.User.2.",
  "Device..WiFi.",
]) {
  test(`there is nothing at ${path}`, () => {
    assert.equal(router().values([path]).fault?.code, 9005);
    assert.equal(router().names(path, false).fault?.code, 9005);
    assert.equal(router().attributes([path]).fault?.code, 9005);
    assert.equal(router().setAttributes({ "": { [path]: { Notification: 1 } } }).fault?.code, 9005);
  });
}

test("names below a partial path name the object itself and all below, with NextLevel the children only [CWMP-RPC-3]", () => {
  const model = router();
  assert.deepEqual(plain(resultOf(model.names("Device.Users.", false))), {
    "Device.Users.": { "": false, UserNumberOfEntries: false },
    "Device.Users.User.": { "": true },
    "Device.Users.User.1.": { "": true, Name: true, PhoneNumberOfEntries: false },
    "Device.Users.User.1.Phone.": { "": true },
  });
  assert.deepEqual(plain(resultOf(model.names("Device.Users.", true))), {
    "Device.Users.": { UserNumberOfEntries: false },
    "Device.Users.User.": { "": true },
  });
  assert.deepEqual(plain(resultOf(model.names("", true))), { "Device.": { "": false } });
});

test("the name of one parameter is asked without NextLevel", () => {
  const model = router();
  assert.deepEqual(plain(resultOf(model.names("Device.WiFi.Channel", false))), {
    "Device.WiFi.": { Channel: true },
  });
  assert.equal(model.names("Device.WiFi.Channel", true).fault?.code, 9003);
});

test("a write sets all or nothing, and each refused parameter has its own fault [CWMP-RPC-6]", () => {
  const model = router();
  const outcome = model.setValues({
    "Device.WiFi.": { Enable: false, Channel: 99, Password: true, No: 1, "": 1 },
    "Device.DeviceInfo.": { SoftwareVersion: "2.0" },
  });
  assert.deepEqual(faultsOf(outcome), [
    ["Device.WiFi.Channel", 9007],
    ["Device.WiFi.Password", 9006],
    ["Device.WiFi.No", 9005],
    ["Device.WiFi.", 9005],
    ["Device.DeviceInfo.SoftwareVersion", 9008],
  ]);
  assert.equal(model.get("Device.WiFi.Enable"), true);
});

test("a write that its device cannot carry out is undone", () => {
  const heard: unknown[] = [];
  const model = dataModel({
    "Device.A": { type: "int", value: 1, writable: true, onSet: (value) => heard.push(value) },
    "Device.B": {
      type: "string",
      value: "b",
      writable: true,
      onSet: () => {
        throw new Error("the flash is worn out");
      },
    },
  });
  const outcome = model.setValues({ "Device.": { A: 2, B: "c" } });
  assert.deepEqual(faultsOf(outcome), [["Device.B", 9002]]);
  assert.match(outcome.fault?.data?.SetParameterValuesFault[0]?.FaultString ?? "", /the flash is worn out/);
  assert.equal(model.get("Device.A"), 1);
  assert.equal(model.get("Device.B"), "b");
  assert.deepEqual(heard, [2, 1]);
});

const writes: readonly (readonly [
  type: ValueType,
  given: CompactValue,
  outcome: string | number | boolean,
])[] = [
  ["boolean", true, true],
  ["boolean", ["1", "boolean"], true],
  ["boolean", ["yes", "boolean"], 9007],
  ["boolean", 1, 9006],
  ["unsignedInt", 5, 5],
  ["unsignedInt", ["5", "int"], 5],
  ["unsignedInt", -5, 9007],
  ["unsignedInt", ["4294967296", "long"], 9007],
  ["unsignedInt", "5", 9006],
  ["int", -(2 ** 31), -(2 ** 31)],
  ["int", ["2147483648", "unsignedInt"], 9007],
  ["long", ["9223372036854775807", "long"], "9223372036854775807"],
  ["long", 7, "7"],
  ["unsignedLong", ["-1", "long"], 9007],
  ["decimal", ["1.5", "decimal"], "1.5"],
  ["dateTime", ["2026-01-31T00:00:00Z", "dateTime"], "2026-01-31T00:00:00Z"],
  ["dateTime", ["soon", "dateTime"], 9007],
  ["dateTime", "2026-01-31T00:00:00Z", 9006],
  ["base64", ["AAE=", "base64"], "AAE="],
  ["hexBinary", ["0f0", "hexBinary"], 9007],
  ["string", "text", "text"],
  ["string", 5, 9006],
  ["string", null, 9006],
];

for (const [type, given, expected] of writes) {
  test(`${JSON.stringify(given)} set into a ${type} gives ${JSON.stringify(expected)}`, () => {
    const model = dataModel({ "Device.P": { type, writable: true } });
    const outcome = model.setValues({ "Device.": { P: given } });
    if (outcome.fault === undefined) assert.equal(model.get("Device.P"), expected);
    else assert.deepEqual(faultsOf(outcome), [["Device.P", expected]]);
  });
}

test("values say their type where their form does not", () => {
  const model = dataModel({
    "Device.Int": { type: "int", value: 1 },
    "Device.Negative": -1,
    "Device.Count": 1,
    "Device.Long": ["1", "long"],
    "Device.Never": { type: "dateTime" },
    "Device.On": ["1", "boolean"],
  });
  assert.deepEqual(plain(resultOf(model.values(["Device."]))), {
    "Device.": {
      Int: ["1", "int"],
      Negative: -1,
      Count: 1,
      Long: ["1", "long"],
      Never: ["0001-01-01T00:00:00Z", "dateTime"],
      On: true,
    },
  });
});

test("rows are added with numbers that are never used again [CWMP-RPC-9]", () => {
  const model = router();
  assert.equal(resultOf(model.addObject("Device.Users.User.")), 2);
  assert.equal(model.get("Device.Users.User.2.Name"), "user 2");
  assert.equal(model.get("Device.Users.UserNumberOfEntries"), 2);
  resultOf(model.deleteObject("Device.Users.User.2."));
  assert.equal(model.get("Device.Users.User.2.Name"), undefined);
  assert.equal(resultOf(model.addObject("Device.Users.User.")), 3);
});

test("tables lie in rows", () => {
  const model = router();
  assert.equal(resultOf(model.addObject("Device.Users.User.1.Phone.")), 1);
  resultOf(model.setValues({ "Device.Users.User.1.Phone.1.": { Number: "112" } }));
  assert.equal(model.get("Device.Users.User.1.PhoneNumberOfEntries"), 1);
  resultOf(model.deleteObject("Device.Users.User.1."));
  assert.equal(model.values(["Device.Users.User.1.Phone.1.Number"]).fault?.code, 9005);
});

test("a full table takes no more rows", () => {
  const model = router();
  resultOf(model.addObject("Device.Users.User."));
  resultOf(model.addObject("Device.Users.User."));
  assert.equal(model.addObject("Device.Users.User.").fault?.code, 9004);
});

for (const path of ["Device.WiFi.", "Device.Users.User", "Device.Users.User.1.", "Device.No.", ""]) {
  test(`no row is added to ${JSON.stringify(path)}`, () => {
    assert.equal(router().addObject(path).fault?.code, 9005);
  });
}

for (const path of [
  "Device.WiFi.",
  "Device.Users.User.",
  "Device.Users.User.9.",
  "Device.Users.User.1",
  "1.",
  "",
]) {
  test(`${JSON.stringify(path)} is no row that could be deleted [CWMP-RPC-10]`, () => {
    assert.equal(router().deleteObject(path).fault?.code, 9005);
  });
}

test("a table that the ACS may not write keeps its rows", () => {
  const model = dataModel({ "Device.Port.": { instances: [1], row: () => ({ Up: true }) } });
  assert.equal(model.addObject("Device.Port.").fault?.code, 9005);
  assert.equal(model.deleteObject("Device.Port.1.").fault?.code, 9005);
  assert.deepEqual(plain(resultOf(model.names("Device.Port.1.", false))), {
    "Device.Port.1.": { "": false, Up: false },
  });
});

test("attributes are set for all below a partial path, or for none [CWMP-RPC-8]", () => {
  const model = router();
  resultOf(
    model.setAttributes({
      "Device.WiFi.": { "": { Notification: 2 }, Enable: { AccessList: ["Subscriber"] } },
    }),
  );
  assert.deepEqual(plain(resultOf(model.attributes(["Device.WiFi."]))), {
    "Device.WiFi.": {
      Enable: { Notification: 2, AccessList: ["Subscriber"] },
      Channel: { Notification: 2, AccessList: [] },
      Password: { Notification: 2, AccessList: [] },
    },
  });
  const refused = model.setAttributes({
    "Device.WiFi.": { Enable: { Notification: 0 }, Channel: { Notification: 7 } },
  });
  assert.equal(refused.fault?.code, 9003);
  assert.equal(model.notification("Device.WiFi.Enable"), 2);
});

test("some changes are notified actively whatever the ACS sets [CWMP-INFORM-2]", () => {
  const model = dataModel({ "Device.Version": { type: "string", alwaysNotified: true } });
  resultOf(model.setAttributes({ "Device.": { Version: { Notification: 0 } } }));
  assert.equal(model.notification("Device.Version"), 2);
});

test("whoever listens hears of each change and of who made it, until it stops listening", () => {
  const model = router();
  const heard: Change[] = [];
  const stop = model.onChange((change) => heard.push(change));
  resultOf(model.setValues({ "Device.WiFi.": { Channel: 1 } }));
  model.set("Device.DeviceInfo.SoftwareVersion", "2.0");
  model.set("Device.DeviceInfo.SoftwareVersion", "2.0");
  resultOf(model.addObject("Device.Users.User."));
  stop();
  model.set("Device.DeviceInfo.SoftwareVersion", "3.0");
  assert.deepEqual(heard, [
    { path: "Device.WiFi.Channel", by: "acs", notification: 0 },
    { path: "Device.DeviceInfo.SoftwareVersion", by: "device", notification: 0 },
    { path: "Device.Users.User.", by: "acs", notification: 0 },
  ]);
});

test("the device's own program cannot set what is not there, or what is of another kind", () => {
  assert.throws(() => router().set("Device.No", 1), /there is no parameter Device.No/);
  assert.throws(() => router().set("Device.WiFi.Channel", "six"), TypeError);
});

test("a snapshot makes an equal model", () => {
  const model = router();
  resultOf(model.addObject("Device.Users.User."));
  resultOf(model.deleteObject("Device.Users.User.1."));
  resultOf(model.addObject("Device.Users.User.2.Phone."));
  resultOf(
    model.setValues({
      "Device.WiFi.": { Password: "new" },
      "Device.Users.User.2.Phone.1.": { Number: "112" },
    }),
  );
  resultOf(model.setAttributes({ "Device.WiFi.": { Channel: { Notification: 1 } } }));
  const copy = router();
  copy.restore(structuredClone(model.snapshot()));
  assert.deepEqual(plain(copy.values([""])), plain(model.values([""])));
  assert.deepEqual(plain(copy.attributes([""])), plain(model.attributes([""])));
  assert.equal(copy.get("Device.WiFi.Password"), "new");
  assert.equal(resultOf(copy.addObject("Device.Users.User.")), 3);
});

test("a reset gives everything back as declared", () => {
  const model = router();
  resultOf(model.setValues({ "Device.WiFi.": { Channel: 1 } }));
  resultOf(model.deleteObject("Device.Users.User.1."));
  model.reset();
  assert.deepEqual(plain(model.snapshot()), plain(router().snapshot()));
});

test("what is declared already is not declared again by what supplements it", () => {
  const model = router();
  model.supplement({ "Device.DeviceInfo.SoftwareVersion": "0", "Device.DeviceInfo.ProvisioningCode": "" });
  assert.equal(model.get("Device.DeviceInfo.SoftwareVersion"), "1.0");
  assert.equal(model.get("Device.DeviceInfo.ProvisioningCode"), "");
});

const mistakes: readonly (readonly [why: RegExp, declarations: Parameters<typeof dataModel>[0]])[] = [
  [/ends with a dot but declares no table/, { "Device.A.": 1 }],
  [/does not end with a dot/, { "Device.A": { row: () => ({}) } }],
  [/as a parameter and as an object/, { "Device.A": 1, "Device.A.B": 1 }],
  [/is declared with a value/, { "Device.A": null }],
];

for (const [why, declarations] of mistakes) {
  test(`a declaration is refused that ${why.source}`, () => {
    assert.throws(() => dataModel(declarations), why);
  });
}

for (const Notification of [3, 4, 5, 6]) {
  test(`the Notification ${Notification}, which asks for lightweight ones, is refused as a whole [CWMP-NOTIFY-5]`, () => {
    const model = dataModel({ "Device.A": "a", "Device.B": "b" });
    const refused = model.setAttributes({ "Device.": { A: { Notification: 1 }, B: { Notification } } });
    assert.equal(refused.fault?.code, 9009);
    assert.equal(model.notification("Device.A"), 0);
  });
}

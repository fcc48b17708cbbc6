import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey, type ParameterValues, type RpcOutcome } from "@heliograph/protocol";
import {
  operationId,
  policyName,
  type DeviceCall,
  type HeldPolicy,
  type LearnedParameters,
  type OperationRecord,
  type OperationState,
  type PolicyContent,
} from "../../ports/index.ts";
import { nextTurn, type Turn } from "./bring-about.ts";

const TABLE = "Device.NAT.PortMapping.";
const WEB = { object: TABLE, key: { Description: "web" }, values: { ExternalPort: 80 } };
const LOOK: DeviceCall = { method: "Refresh", params: {} };

test("before anything is written it is read what is there: of `*`, the whole table", () => {
  const values = { "Device.WiFi.SSID.*.": { SSID: "ours" }, "Device.WiFi.": { Enable: true } };
  assert.deepEqual(turn({ values, objects: [WEB] }), {
    type: "look",
    paths: ["Device.WiFi.SSID.", "Device.WiFi.Enable", TABLE],
  });
});

test("what differs is set at once, `*` being every instance that is known, and what does not is left [LIGHT-BRING-3]", () => {
  const values = { "Device.WiFi.SSID.*.": { SSID: "ours" } };
  const known = learned({
    "Device.WiFi.SSID.1.": { SSID: "ours" },
    "Device.WiFi.SSID.2.": { SSID: "factory" },
    "Device.WiFi.SSID.3.": { SSID: "factory" },
  });
  assert.deepEqual(set(turn({ values }, { known, asked: ended([LOOK]) })), {
    "Device.WiFi.SSID.2.": { SSID: "ours" },
    "Device.WiFi.SSID.3.": { SSID: "ours" },
  });
});

test("a device that has it all is asked nothing", () => {
  const values: ParameterValues = { "Device.WiFi.": { Enable: true, Channel: 6 } };
  const known = learned({ "Device.WiFi.": { Enable: true, Channel: ["6", "int"] } });
  const next = turn({ values }, { known, asked: ended([LOOK]) });
  assert.deepEqual(next, { type: "end", state: "applied", undo: [] });
});

test("a device of which nothing is there that the policy names is not asked to have it", () => {
  const next = turn({ values: { "Device.WiFi.": { Enable: true } } }, { asked: ended([LOOK], "faulted") });
  assert.deepEqual(next, { type: "end", state: "not-applicable", undo: [] });
});

test("a path that another policy holds is left to it [LIGHT-HOLD-4]", () => {
  const values = { "Device.WiFi.": { Channel: 6, Enable: true } };
  const known = learned({ "Device.WiFi.": { Channel: 1, Enable: false } });
  const others = [held("above", { values: { "Device.WiFi.": { Channel: 11 } }, priority: 5 })];
  assert.deepEqual(set(turn({ values }, { known, others, asked: ended([LOOK]) })), {
    "Device.WiFi.": { Enable: true },
  });
});

test("objects that are missing are added, and get their key and their values in the one set [LIGHT-BRING-3]", () => {
  const known = learned({ [`${TABLE}1.`]: { Description: "ssh", ExternalPort: 22 } });
  const adding = turn({ objects: [WEB] }, { known, asked: ended([LOOK]) });
  const add = { method: "AddObject", params: { ObjectName: TABLE, ParameterKey: "" } };
  assert.deepEqual(adding, { type: "ask", rpcs: [add] });
  const after = learned({ [`${TABLE}1.`]: { Description: "ssh", ExternalPort: 22 }, [`${TABLE}7.`]: {} });
  const asked = ended([add], "done", [{ result: { InstanceNumber: 7, Status: 0 } }]);
  assert.deepEqual(set(turn({ objects: [WEB] }, { known: after, asked })), {
    [`${TABLE}7.`]: { ExternalPort: 80, Description: "web" },
  });
});

test("an object is known by the values of its key", () => {
  const known = learned({ [`${TABLE}4.`]: { Description: "web", ExternalPort: 8080 } });
  assert.deepEqual(set(turn({ objects: [WEB] }, { known, asked: ended([LOOK]) })), {
    [`${TABLE}4.`]: { ExternalPort: 80 },
  });
});

test("what was added by a call whose answer was lost is found by looking, and not added again [LIGHT-BRING-2]", () => {
  const add = { method: "AddObject", params: { ObjectName: TABLE, ParameterKey: "" } };
  const ssh = { [`${TABLE}1.`]: { Description: "ssh" } };
  const lost = turn({ objects: [WEB] }, { known: learned(ssh), asked: ended([add], "outcome-unknown") });
  assert.deepEqual(lost, { type: "look", paths: [TABLE], before: new Set([`${TABLE}1.`]) });
  const before = new Set([`${TABLE}1.`]);
  const known = learned({ ...ssh, [`${TABLE}2.`]: { Description: "" } });
  assert.deepEqual(set(turn({ objects: [WEB] }, { known, before, asked: ended([LOOK]) })), {
    [`${TABLE}2.`]: { ExternalPort: 80, Description: "web" },
  });
  for (const more of [{}, { [`${TABLE}2.`]: { Description: "" }, [`${TABLE}3.`]: { Description: "" } }]) {
    const unclear = { known: learned({ ...ssh, ...more }), before, asked: ended([LOOK]) };
    assert.deepEqual(turn({ objects: [WEB] }, unclear), { type: "ask", rpcs: [add] });
  }
});

test("what was added before a set that is lost is given its values then, and not added again [LIGHT-BRING-2]", () => {
  const ParameterList = { [`${TABLE}2.`]: { ExternalPort: 80, Description: "web" } };
  const asked = ended([{ method: "SetParameterValues", params: { ParameterList } }], "expired");
  const known = learned({ [`${TABLE}1.`]: { Description: "ssh" }, [`${TABLE}2.`]: { Description: "" } });
  const lost = turn({ objects: [WEB] }, { known, asked });
  assert.deepEqual(lost, { type: "look", paths: [TABLE], before: new Set([`${TABLE}1.`]) });
});

test("where the second of two objects is refused, the first is deleted again [LIGHT-BRING-3]", () => {
  const add = { method: "AddObject", params: { ObjectName: TABLE } };
  const asked = ended([add, add], "faulted", [
    { result: { InstanceNumber: 2, Status: 0 } },
    { fault: { code: 9004, message: "full" } },
  ]);
  const objects = [WEB, { ...WEB, key: { Description: "mail" } }];
  assert.deepEqual(turn({ objects }, { asked }), {
    type: "end",
    state: "faulted",
    faults: [{ code: 9004, message: "full" }],
    undo: [{ method: "DeleteObject", params: { ObjectName: `${TABLE}2.`, ParameterKey: "" } }],
  });
});

test("where the set is refused, each path is named, and what was added for it is deleted again [LIGHT-BRING-3]", () => {
  const ParameterList = {
    [`${TABLE}7.`]: { ExternalPort: 80, Description: "web" },
    "Device.WiFi.": { Channel: 99 },
  };
  const fault = { ParameterName: "Device.WiFi.Channel", FaultCode: 9007, FaultString: "no such channel" };
  const asked = ended([{ method: "SetParameterValues", params: { ParameterList } }], "faulted", [
    { fault: { code: 9003, message: "no", data: { SetParameterValuesFault: [fault] } } },
  ]);
  assert.deepEqual(turn({ objects: [WEB] }, { asked }), {
    type: "end",
    state: "faulted",
    faults: [{ path: "Device.WiFi.Channel", code: 9007, message: "no such channel" }],
    undo: [{ method: "DeleteObject", params: { ObjectName: `${TABLE}7.`, ParameterKey: "" } }],
  });
});

for (const [state, type] of [
  ["queued", "wait"],
  ["running", "wait"],
  ["expired", "again"],
  ["outcome-unknown", "again"],
  ["cancelled", "again"],
] as const) {
  test(`of an operation that is ${state} there is to ${type}`, () => {
    assert.equal(turn({}, { asked: ended([LOOK], state) }).type, type);
  });
}

interface Given {
  readonly known?: LearnedParameters;
  readonly others?: readonly HeldPolicy[];
  readonly asked?: OperationRecord;
  readonly before?: ReadonlySet<string>;
}

function turn(content: Partial<PolicyContent>, { known = {}, others = [], asked, before }: Given = {}): Turn {
  return nextTurn({ policy: held("wifi", content), others, known, operation: asked, before });
}

function held(text: string, content: Partial<PolicyContent>): HeldPolicy {
  const name = policyName(text);
  assert.ok(name !== undefined);
  return { name, content: { priority: 0, hold: "mend", values: {}, objects: [], ...content } };
}

/** What is set by the turn's one RPC. */
function set(next: Turn): unknown {
  assert.ok(next.type === "ask" && next.rpcs.length === 1);
  const [{ method, params } = { method: "", params: {} }] = next.rpcs;
  assert.equal(method, "SetParameterValues");
  return JSON.parse(JSON.stringify(params["ParameterList"]));
}

function learned(values: ParameterValues): LearnedParameters {
  return Object.fromEntries(
    Object.entries(values).map(([object, leaves]) => [
      object,
      Object.fromEntries(Object.entries(leaves).map(([leaf, value]) => [leaf, { value, at: 0 }])),
    ]),
  );
}

function ended(
  rpcs: readonly DeviceCall[],
  state: OperationState = "done",
  outcomes: readonly RpcOutcome[] = [],
): OperationRecord {
  const id = operationId("0".repeat(32));
  const device = deviceKey({ Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" });
  assert.ok(id !== undefined && device !== undefined);
  const record = { id, device, sequence: 1, state, rpcs, reads: false, outcomes, attempts: 1 };
  const isLook = rpcs.includes(LOOK);
  return {
    ...record,
    manager: "policy wifi",
    createdAt: 0,
    expiresAt: 1,
    ...(isLook ? { refresh: PLAN } : {}),
  };
}

const PLAN: NonNullable<OperationRecord["refresh"]> = {
  paths: [],
  bounds: { rpcs: 1, ms: 1, names: 1, bytes: 1 },
  parts: [],
  ready: [],
  looks: [],
  sizes: {},
  batch: { size: 1, most: 1, isFound: false },
  levels: "kept",
  emptyPath: "untried",
  learned: {},
  rpcs: 0,
  read: 0,
  bytes: 0,
  unreadable: { items: [], count: 0 },
  leftOut: { items: [], count: 0 },
};

import assert from "node:assert/strict";
import { test } from "node:test";
import { groupedValue } from "@heliograph/protocol";
import type { SoapHeader } from "@heliograph/protocol";
import { dataModel } from "../data-model.ts";
import { Device } from "../device.ts";
import type { DeviceOptions } from "../device-options.ts";
import type { Snapshot } from "../data-model.ts";
import { SUBPROTOCOLS } from "../light/light-options.ts";
import type { ClassicTask } from "./classic-service.ts";
import { tellInSession } from "./tell-in-session.ts";
import type { SessionEnding } from "./tell-in-session.ts";

const SERVER = "Device.ManagementServer.";
const url = "ws://acs:7547/light";
const spoken = SUBPROTOCOLS;
const nothing = (): void => undefined;

function deviceOf(options: Partial<DeviceOptions> = {}): Device {
  return new Device(
    {
      acsUrl: "http://acs/",
      deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Router", SerialNumber: "1" },
      dataModel: dataModel({ "Device.X": "x" }),
      ...options,
    },
    { wanted: nothing, booted: nothing, goingDown: nothing, moved: nothing },
  );
}

interface Session {
  readonly task: ClassicTask;
  readonly end: SessionEnding;
}

/** A session of the device, in which the ACS does as the test says. */
async function session(
  device: Device,
  acs: (task: ClassicTask) => void | Promise<void> = nothing,
): Promise<Session> {
  let held: ClassicTask | undefined;
  const hold = async (task: ClassicTask) => {
    held = task;
    await acs(task);
    return { isWell: true } as const;
  };
  const telling = { device, retryCount: 0, onActivity: undefined, now: () => 1_000 };
  const end = await tellInSession({ hold, breakOff: nothing }, telling);
  assert.ok(held !== undefined);
  return { task: held, end };
}

function offering(header: SoapHeader["webSocketReference"]): (task: ClassicTask) => void {
  return ({ onInformed }) => onInformed(header === undefined ? {} : { webSocketReference: header });
}

const advertised = ({ task }: Session): readonly [header: unknown, parameter: unknown] => [
  task.header.webSocketSupport,
  groupedValue(task.inform.ParameterList, `${SERVER}X_HELIOGRAPH_WebSocketSubprotocols`),
];

for (const [advertise, header, parameter] of [
  ["header", spoken, undefined],
  ["parameter", undefined, spoken.join(" ")],
  ["both", spoken, spoken.join(" ")],
] as const) {
  test(`light is advertised by ${advertise} [LIGHT-REFER-1, LIGHT-REFER-2]`, async () => {
    assert.deepEqual(advertised(await session(deviceOf({ light: { advertise } }))), [header, parameter]);
  });
}

test("an Inform lists the versions that the device speaks [CWMP-VERSION-4]", async () => {
  const { task } = await session(deviceOf());
  assert.deepEqual(task.header.supportedCwmpVersions, ["1.0", "1.1", "1.2", "1.3", "1.4"]);
});

for (const sessionTimeout of [undefined, 60]) {
  test(`a device that wants to be waited for ${sessionTimeout ?? "no certain number of"} s says so [CWMP-SOAP-17]`, async () => {
    const { task } = await session(deviceOf(sessionTimeout === undefined ? {} : { sessionTimeout }));
    assert.equal(task.header.sessionTimeout, sessionTimeout);
  });
}

test("a device advertises both ways where nobody chose", async () => {
  assert.deepEqual(advertised(await session(deviceOf())), [spoken, spoken.join(" ")]);
});

test("a device offers what it was told to offer, in that order", async () => {
  const subprotocols = ["cwmp.soap", "cwmp.json"] as const;
  const light = { subprotocols };
  assert.deepEqual(advertised(await session(deviceOf({ light }))), [subprotocols, "cwmp.soap cwmp.json"]);
});

test("a reference to a subprotocol that it does not offer leads nowhere", async () => {
  const reference = { url, subprotocol: "cwmp.json", token: "t", expiresIn: 600 };
  const light = { subprotocols: ["cwmp.soap"] } as const;
  const { end } = await session(deviceOf({ light }), offering(reference));
  assert.deepEqual(end, { type: "session-ended", reference: undefined });
});

test("a device that does not speak light says nothing of it, and goes nowhere [LIGHT-REFER-9]", async () => {
  const reference = { url, subprotocol: "cwmp.json", token: "t", expiresIn: 600 };
  const device = deviceOf({ light: "not" });
  const it = await session(device, offering(reference));
  assert.deepEqual(advertised(it), [undefined, undefined]);
  assert.equal(device.model.get(`${SERVER}X_HELIOGRAPH_WebSocketToken`), undefined);
  assert.deepEqual(it.end, { type: "session-ended", reference: undefined });
});

test("the reference is taken from the header of the InformResponse [LIGHT-REFER-3]", async () => {
  const { end } = await session(
    deviceOf(),
    offering({ url, subprotocol: "cwmp.json", token: "t", expiresIn: 60 }),
  );
  assert.deepEqual(end, {
    type: "session-ended",
    reference: { url, subprotocols: ["cwmp.json"], token: "t", expiresAt: 61_000 },
  });
});

const referByParameters = async ({ dispatch }: Pick<ClassicTask, "dispatch">): Promise<void> => {
  const leaves = { X_HELIOGRAPH_WebSocketURL: url, X_HELIOGRAPH_WebSocketToken: "t.by.parameter" };
  const reply = await dispatch({
    method: "SetParameterValues",
    params: { ParameterList: { [SERVER]: leaves } },
  });
  assert.equal(reply.kind, "answer");
};

test("the reference is taken from the parameters that the ACS sets [LIGHT-REFER-5]", async () => {
  const { end } = await session(deviceOf(), referByParameters);
  const reference = { url, subprotocols: spoken, token: "t.by.parameter", expiresAt: 601_000 };
  assert.deepEqual(end, { type: "session-ended", reference });
});

test("the token parameter reads back empty, and is kept in no state [LIGHT-REFER-6]", async () => {
  const kept: Snapshot[] = [];
  const state = {
    load: () => undefined,
    save: ({ model }: { readonly model: Snapshot }) => void kept.push(model),
  };
  const device = deviceOf({ state });
  await session(device, async (task) => {
    await referByParameters(task);
    const names = [`${SERVER}X_HELIOGRAPH_WebSocketURL`, `${SERVER}X_HELIOGRAPH_WebSocketToken`];
    const reply = await task.dispatch({ method: "GetParameterValues", params: { ParameterNames: names } });
    assert.ok(reply.kind === "answer" && reply.method === "GetParameterValues");
    const shown = reply.result.ParameterList[SERVER];
    assert.equal(shown?.["X_HELIOGRAPH_WebSocketToken"], "");
    assert.equal(shown["X_HELIOGRAPH_WebSocketURL"], url);
  });
  assert.ok(kept.length > 0);
  assert.ok(!JSON.stringify([...kept, device.model.snapshot()]).includes("t.by.parameter"));
});

test("a token that was set before the session, or in one that failed, is of no use any more", async () => {
  const device = deviceOf();
  await referByParameters(device);
  const { end } = await session(device, offering(undefined));
  assert.deepEqual(end, { type: "session-ended", reference: undefined });
});

test("a reference that the device cannot follow is none", async () => {
  const { end } = await session(
    deviceOf(),
    offering({ url, subprotocol: "cwmp.cbor", token: "t", expiresIn: 600 }),
  );
  assert.deepEqual(end, { type: "session-ended", reference: undefined });
});

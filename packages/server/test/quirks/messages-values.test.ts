import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Parameters } from "@heliograph/api";
import { tempDir } from "@heliograph/testkit";
import { envelopeText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { BareDevice } from "./bare-device.ts";
import { assertInformed, assertNothing, called, oddDevice, oddly, valuesOf } from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

type Value = Parameters["ParameterList"][string][string];
type Reading = readonly [kind: string, sent: string, kept: Value];

const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.A."] } };

const absent: readonly Reading[] = [
  ["there is none", "", null],
  ["it is nil", '<Value xsi:nil="true"/>', null],
  ["it is nil in digits, without a prefix", '<Value nil="1"></Value>', null],
  ["it is there, and empty", "<Value></Value>", ""],
  ["it is there in one tag", '<Value xsi:type="xsd:string"/>', ""],
];
for (const [kind, sent, kept] of absent) {
  test(`where a Value should be and ${kind}, ${kept === null ? "no value" : "the empty string"} is kept [QUIRKS-MESSAGE-24]`, () =>
    keeps(sent, kept));
}

test("no value is shown as null with its time, beside an empty string that is one [QUIRKS-MESSAGE-24]", async () => {
  await using device = await oddDevice(server);
  const { call } = await called(device, read);
  const structs = struct("Device.A.None", "") + struct("Device.A.Empty", "<Value/>");
  assertNothing(await device.post(valuesText(structs, call.id)));
  const { ParameterList: details } = await server.client.devices.parameterDetails(device.key, "Device.A.");
  const { None: none, Empty: empty } = details["Device.A."] ?? {};
  assert.deepEqual([none?.value, empty?.value], [null, ""]);
  assert.equal(none?.at, empty?.at);
});

test("facts that an Inform names without a Value stay as they are known [QUIRKS-MESSAGE-24]", async () => {
  await using device = await oddDevice(server);
  const inform = device.inform({ parameters: { "Device.DeviceInfo.SoftwareVersion": "?" } });
  assertInformed(await device.post(oddly(inform, ["<Value>?</Value>", ""]), {}));
  assertNothing(await device.post(""));
  assert.deepEqual((await server.client.devices.get(device.key)).facts, {
    root: "Device.",
    softwareVersion: "1.0",
  });
  assert.deepEqual(await valuesOf(server, device, "Device.DeviceInfo."), { SoftwareVersion: null });
});

const untyped: readonly Reading[] = [
  ["no type", "<Value>007</Value>", "007"],
  ["an empty type", '<Value xsi:type="">1</Value>', "1"],
  ["a type that nobody knows", '<Value xsi:type="cwmp:Colour">red</Value>', "red"],
  ["a type without a prefix", '<Value type="unsignedInt">7</Value>', 7],
  ["a type whose prefix nobody declared", '<Value q:type="z:boolean">1</Value>', true],
  ["a type with its length", '<Value xsi:type="xsd:string(64)">a</Value>', "a"],
  ["a type in capitals", '<Value xsi:type="xsd:UNSIGNEDINT">7</Value>', 7],
];
for (const [kind, sent, kept] of untyped) {
  test(`a value with ${kind} is read [QUIRKS-MESSAGE-25]`, () => keeps(sent, kept));
}

const known: readonly (readonly [type: string, first: string, then: string, kept: Value])[] = [
  ["int", "5", "7", ["7", "int"]],
  ["unsignedInt", "5", "7", 7],
  ["boolean", "0", "1", true],
  ["dateTime", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", ["2026-01-02T00:00:00Z", "dateTime"]],
  ["int", "5", "unknown", "unknown"],
  ["string", "5", "7", "7"],
];
for (const [type, first, then, kept] of known) {
  test(`the value ${then} without a type is kept as ${JSON.stringify(kept)} where its parameter is known as ${type} [QUIRKS-MESSAGE-25]`, async () => {
    await using device = await oddDevice(server);
    for (const value of [`<Value xsi:type="xsd:${type}">${first}</Value>`, `<Value>${then}</Value>`]) {
      const { call } = await called(device, read);
      assertNothing(await device.post(valuesText(struct("Device.A.B", value), call.id)));
    }
    assert.deepEqual(await valuesOf(server, device, "Device.A."), { B: kept });
  });
}

test("a parameter that came with its type once, and without it since, is set with its type [QUIRKS-MESSAGE-25]", async () => {
  await using device = await oddDevice(server);
  for (const value of ['<Value xsi:type="xsd:int">5</Value>', "<Value>6</Value>"]) {
    const { call } = await called(device, read);
    assertNothing(await device.post(valuesText(struct("Device.A.B", value), call.id)));
  }
  const set = { method: "SetParameterValues", params: { ParameterList: { "Device.A.": { B: 7 } } } };
  const { reply } = await called(device, set);
  assert.match(reply.body, /<Value xsi:type="xsd:int">7<\/Value>/);
});

for (const text of ["", " ", "NaN", "0000-00-00T00:00:00", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z"]) {
  test(`the dateTime "${text}" is kept as the text that came [QUIRKS-MESSAGE-26]`, () =>
    keeps(`<Value xsi:type="xsd:dateTime">${text}</Value>`, [text, "dateTime"]));
}

for (const text of ["2009-05-14T14:05:00", "2009-05-14T14:05:00+0000", "1970-01-01T00:00:00", "", "soon"]) {
  test(`an Inform whose CurrentTime is "${text}" is taken like any other [QUIRKS-MESSAGE-26]`, async () => {
    await using device = await oddDevice(server);
    const time = /<CurrentTime>.*<\/CurrentTime>/;
    const inform = oddly(device.inform(), [time, `<CurrentTime>${text}</CurrentTime>`]);
    assertInformed(await device.post(inform, {}));
    assertNothing(await device.post(""));
    const { lastInform = "" } = await server.client.devices.get(device.key);
    assert.ok(Math.abs(Date.parse(lastInform) - Date.now()) < 60_000, "it counts when it came");
  });
}

const booleans: readonly (readonly [text: string, kept: Value])[] = [
  ["maybe", ["maybe", "boolean"]],
  ["", ["", "boolean"]],
  ["2", ["2", "boolean"]],
  ["-1", ["-1", "boolean"]],
  ["enabled", ["enabled", "boolean"]],
  ["TRUE", true],
  [" 0 ", false],
];
for (const [text, kept] of booleans) {
  test(`the boolean "${text}" is kept as ${JSON.stringify(kept)} [QUIRKS-MESSAGE-29]`, () =>
    keeps(`<Value xsi:type="xsd:boolean">${text}</Value>`, kept));
}

const control: readonly Reading[] = [
  ["as they are", "<Value>a\u0002\u0000b\u001f\u000b</Value>", "ab"],
  ["as references", "<Value>a&#2;b&#x1F;&#0;</Value>", "ab"],
  ["among those it allows", "<Value>a\t\n\u0007b</Value>", "a\t\nb"],
  ["that are no characters at all", "<Value>a\uFFFE\uFFFFb</Value>", "ab"],
  ["inside a CDATA section", "<Value><![CDATA[<a>\u0001</a>]]></Value>", "<a></a>"],
  ["beyond the last there is, as a reference", "<Value>a&#x110000;&#99999999999999999999;b</Value>", "ab"],
  ["as half a surrogate pair", "<Value>a&#xD800;b</Value>", "ab"],
];
for (const [kind, sent, kept] of control) {
  test(`characters that XML does not allow, ${kind}, are dropped, and the message goes on [QUIRKS-MESSAGE-20]`, () =>
    keeps(sent, kept));
}

test("zeros behind the end of a message, and before its start, are dropped [QUIRKS-MESSAGE-20]", async () => {
  await using device = await oddDevice(server);
  assertInformed(await device.post(`\0${device.inform({ id: "a\u0003b" })}\0\0\n\0`, {}), { id: "ab" });
  assertNothing(await device.post(""));
});

for (const [kind, name] of [
  ["spaces", " Device.A.B "],
  ["line ends", "\r\n\tDevice.A.B\n"],
] as const) {
  test(`a parameter's name with ${kind} around it is read without [QUIRKS-MESSAGE-70]`, () =>
    keeps("<Value>1</Value>", "1", name));
}

const identities: readonly (readonly [kind: string, OUI: string, again: string, key: string])[] = [
  ["in small letters", "a0b1c2", "A0B1C2", "A0B1C2"],
  ["in capitals and small letters", "A0b1C3", "a0B1c3", "A0B1C3"],
  ["with spaces around it", " A0B1C4 ", "A0B1C4", "A0B1C4"],
];
for (const [kind, OUI, again, key] of identities) {
  test(`an OUI ${kind} is kept as it was sent, and its device known again by another [QUIRKS-MESSAGE-70]`, async () => {
    await using device = new BareDevice(server);
    const serial = ` ${device.serial}aB `;
    const inform = (oui: string, events: readonly string[]) =>
      oddly(device.inform({ events, serial }), ["<OUI>001122<", `<OUI>${oui}<`]);
    assertInformed(await device.post(inform(OUI, ["0 BOOTSTRAP"]), {}));
    assertNothing(await device.post(""));
    const wanted = `${key}-Box-${serial.trim()}`;
    const first = await server.client.devices.get(wanted);
    assert.deepEqual(first.deviceId, {
      Manufacturer: "Maker",
      OUI,
      ProductClass: "Box",
      SerialNumber: serial,
    });
    assertInformed(await device.post(inform(again, ["1 BOOT"]), {}));
    const { items } = await server.client.devices.list({ query: serial.trim() });
    assert.deepEqual(
      items.map((item) => [item.key, item.lastBoot !== undefined]),
      [[wanted, true]],
    );
  });
}

test("serial numbers that differ in the case of their letters are of two devices [QUIRKS-MESSAGE-70]", async () => {
  await using device = new BareDevice(server);
  for (const serial of ["twinA", "twina"]) {
    assertInformed(await device.post(device.inform({ events: ["0 BOOTSTRAP"], serial }), {}));
  }
  const { items } = await server.client.devices.list({ query: "twin" });
  assert.deepEqual(items.map(({ deviceId }) => deviceId.SerialNumber).toSorted(), ["twinA", "twina"]);
});

function struct(name: string, value: string): string {
  return `<ParameterValueStruct><Name>${name}</Name>${value}</ParameterValueStruct>`;
}

function valuesText(structs: string, id: string): string {
  const list = `<ParameterList>${structs}</ParameterList>`;
  return envelopeText(`<cwmp:GetParameterValuesResponse>${list}</cwmp:GetParameterValuesResponse>`, { id });
}

/** Fails unless the value is kept so, of an Inform and of an answer, and its neighbour is as well. */
async function keeps(value: string, kept: Value, name = "Device.A.B"): Promise<void> {
  await using device = await oddDevice(server);
  const structs = struct("Device.A.A", "<Value>before</Value>") + struct(name, value);
  const usual = /<ParameterList>.*<\/ParameterList>/;
  const inform = oddly(device.inform(), [usual, `<ParameterList>${structs}</ParameterList>`]);
  assertInformed(await device.post(inform, {}));
  assertNothing(await device.post(""));
  const expected = { A: "before", B: kept };
  assert.deepEqual(await valuesOf(server, device, "Device.A."), expected);

  const { operation, call } = await called(device, read);
  assertNothing(await device.post(valuesText(structs, call.id)));
  const result = { ParameterList: { "Device.A.": expected } };
  assert.deepEqual(await device.kept(operation), { state: "done", attempts: 1, result });
  assert.deepEqual(await valuesOf(server, device, "Device.A."), expected);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeEnvelope, defaultLimits } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { asJson } from "../../../test/cwmp-bench.ts";
import { informText, type InformText } from "../../../test/envelopes.ts";
import { KnownInforms } from "./known-informs.ts";
import { meaningOf } from "./reading.ts";

const EARLY = "2026-01-01T00:00:00Z";
const LATE = "2026-01-01T00:05:00+02:00";

const heartbeat = { events: ["2 PERIODIC"], parameters: { "Device.DeviceInfo.SoftwareVersion": "1.0" } };

test("an Inform that differs by its time alone says what the one before said", () => {
  const { informs, remembered } = open();
  remembered(heartbeat);
  const later = informAt(LATE, heartbeat);
  assert.deepEqual(asJson(informs.find(later)), asJson(readAnew(later).inform));
});

for (const [what, change] of Object.entries({
  "another device": { serial: "S2" },
  "another event": { events: ["2 PERIODIC", "4 VALUE CHANGE"] },
  "another value": { parameters: { "Device.DeviceInfo.SoftwareVersion": "1.1" } },
  "another ID": { id: "d2" },
  "another namespace": { namespace: "urn:dslforum-org:cwmp-1-0" },
  "a declaration": { declaration: true },
})) {
  test(`an Inform with ${what} is not known by the one before`, () => {
    const { informs, remembered } = open();
    remembered(heartbeat);
    assert.equal(informs.find(informAt(LATE, { ...heartbeat, ...change })), undefined);
  });
}

test("an Inform is known only with its time where it was", () => {
  const { informs, remembered } = open();
  const text = remembered(heartbeat);
  const time = `<CurrentTime>${EARLY}</CurrentTime>`;
  assert.equal(
    informs.find(text.replace(time, "").replace("<MaxEnvelopes>", `${time}<MaxEnvelopes>`)),
    undefined,
  );
});

test("an Inform whose time may be none, or none that stands by itself, is read each time", () => {
  const value = `<CurrentTime>${EARLY}</CurrentTime>`;
  for (const parameters of [
    { "Device.X": `<![CDATA[${value}]]>` },
    { "Device.X": value },
    { "Device.X": "<!---->" },
  ]) {
    const { informs, remembered } = open();
    assert.equal(informs.find(remembered({ ...heartbeat, parameters })), undefined);
  }
  const { informs, remember } = open();
  for (const time of ["", "&#50;026-01-01T00:00:00Z", " 2026-01-01T00:00:00Z"]) {
    const text = informAt(time, heartbeat);
    remember(text);
    assert.equal(informs.find(text), undefined, time);
  }
});

test("a long Inform is read each time", () => {
  const { informs, remembered } = open();
  assert.equal(informs.find(remembered({ parameters: { "Device.X": "x".repeat(8_192) } })), undefined);
});

test("as many are remembered as may be, and after their time others", async () => {
  const clock = new VirtualClock();
  const { informs, remembered } = open(clock, 2_000);
  const [first, second, third] = ["S1", "S2", "S3"].map((serial) => remembered({ ...heartbeat, serial }));
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const isKnown = () => [first, second, third].map((text) => informs.find(text) !== undefined);
  assert.deepEqual(isKnown(), [true, true, false]);
  await clock.advance(1_001);
  remembered({ ...heartbeat, serial: "S3" });
  assert.deepEqual(isKnown(), [false, false, true]);
});

function open(clock = new VirtualClock(), mostChars = 20_000) {
  const informs = new KnownInforms(clock, { mostChars, lifeMs: 1_000 });
  const remember = (text: string): void => {
    informs.remember(text, readAnew(text));
  };
  const remembered = (of: InformText): string => {
    const text = informText(of);
    remember(text);
    return text;
  };
  return { informs, remember, remembered };
}

function informAt(time: string, of: InformText): string {
  return informText(of).replace(EARLY, time);
}

function readAnew(text: string) {
  const decoded = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
  const meaning = decoded.ok ? meaningOf(decoded.value) : assert.fail(decoded.problem.detail);
  return meaning.type === "inform" ? meaning : assert.fail("it is no Inform");
}

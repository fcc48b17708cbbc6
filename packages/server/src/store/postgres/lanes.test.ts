import assert from "node:assert/strict";
import { test } from "node:test";
import { enrolment, keyOf, opening } from "../../ports/store-suite/store.fixture.ts";
import { writeDocument } from "../document.ts";
import { lanes, onlyDeviceOf } from "./lanes.ts";

test("changes of one device keep their order, those of others go beside them", () => {
  assert.deepEqual(staged("a1 b1 a2 c1 b2"), ["a1,a2 | b1,b2 | c1"]);
});

test("what may be about any device waits for all before it, and all after it wait for it", () => {
  assert.deepEqual(staged("a1 b1 *1 a2 *2 *3 b2"), ["a1 | b1", "*1", "a2", "*2", "*3", "b2"]);
});

test("nothing to be done has no stages", () => {
  assert.deepEqual(lanes([]), []);
});

test("a session is about one device, as is an enrolment, but where all that wait are counted", () => {
  const parameters = writeDocument({});
  assert.equal(onlyDeviceOf("open-connection", { ...opening(keyOf("1"), "c1"), parameters }), keyOf("1"));
  assert.equal(onlyDeviceOf("enrol-device", enrolment("1")), keyOf("1"));
  assert.equal(onlyDeviceOf("enrol-device", enrolment("1", { approval: "waiting" })), undefined);
});

test("a change that nobody has thought about may be about anything", () => {
  assert.equal(onlyDeviceOf("move-relay", { position: 1 }), undefined);
});

/** Stages as text, of changes such as `a1`: the first of device `a`; of no one device is `*`. */
function staged(changes: string): readonly string[] {
  const each = changes.split(" ").map((name) => {
    const device = name.charAt(0);
    return { name, device: device === "*" ? undefined : device };
  });
  return lanes(each).map((stage) => stage.map((lane) => lane.map(({ name }) => name).join(",")).join(" | "));
}

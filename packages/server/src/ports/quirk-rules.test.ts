import assert from "node:assert/strict";
import { test } from "node:test";
import { explainQuirks, quirkNews, resolveQuirks } from "./quirk-rules.ts";
import type { QuirkSources } from "./quirk-rules.ts";
import { isQuirkName, isQuirkValue, modelKey, quirkNames, quirkTable } from "./quirks.ts";
import type { KnownQuirks } from "./quirks.ts";

const nothing: KnownQuirks = { set: {}, learned: {} };
const unknown: QuirkSources = { device: undefined, modelAndSoftware: undefined, model: undefined };

const set = (value: "absent" | "present"): KnownQuirks => ({
  set: { declaration: { value, since: 1, by: "anna" } },
  learned: {},
});
const learned = (value: "absent" | "present"): KnownQuirks => ({
  set: {},
  learned: { declaration: { value, since: 1 } },
});

function declaration(sources: Partial<QuirkSources>): string {
  const found = explainQuirks({ ...unknown, ...sources }).find(({ name }) => name === "declaration");
  assert.ok(found !== undefined);
  return `${found.value} ${found.how} of ${found.from}`;
}

test("of a device nobody knows, the usual holds", () => {
  for (const { name, value, how, from } of explainQuirks(unknown)) {
    assert.deepEqual([value, how, from], [quirkTable[name].usual, "usual", "nobody"]);
  }
});

test("what is said of the device comes before what is said of its model with its software, and that before the model", () => {
  const model = set("absent");
  assert.equal(declaration({ model }), "absent set of model");
  const modelAndSoftware = set("present");
  assert.equal(declaration({ model, modelAndSoftware }), "present set of model-and-software");
  assert.equal(declaration({ model, modelAndSoftware, device: set("absent") }), "absent set of device");
  assert.equal(
    declaration({ model, modelAndSoftware, device: nothing }),
    "present set of model-and-software",
  );
});

test("what a person set of the model comes before what the device itself showed", () => {
  const device = learned("present");
  assert.equal(declaration({ device, model: set("absent") }), "absent set of model");
  assert.equal(declaration({ device, modelAndSoftware: learned("absent") }), "present learned of device");
  assert.equal(
    declaration({ modelAndSoftware: learned("present") }),
    "present learned of model-and-software",
  );
});

test("a person's word hides what was learned, which is known all the same", () => {
  const quirks = resolveQuirks({ ...unknown, device: learned("present"), model: set("absent") });
  assert.equal(quirks.values.declaration, "absent");
  assert.deepEqual(quirks.set, { declaration: "absent" });
  assert.equal(quirks.learned.declaration, "present");
});

test("news is what a device shows that is not known of it or its model", () => {
  const known = resolveQuirks({ ...unknown, modelAndSoftware: learned("present") });
  assert.deepEqual(quirkNews({ declaration: "present", booleans: "digits" }, known), {});
  assert.deepEqual(quirkNews({ declaration: "absent", booleans: "words" }, known), {
    declaration: "absent",
    booleans: "words",
  });
  assert.deepEqual(quirkNews({}, known), {});
});

test("what devices do not show is never news", () => {
  assert.deepEqual(quirkNews({ digest: "md5-only" }, resolveQuirks(unknown)), {});
});

test("every quirk's usual value is one of its values", () => {
  for (const name of quirkNames) assert.ok(isQuirkValue(name, quirkTable[name].usual), name);
  assert.ok(!isQuirkValue("digest", "sha"));
  assert.ok(!isQuirkName("toString"));
});

test("a model is the same whatever the case of its OUI, and another with each software", () => {
  const model = { oui: "00d09e", productClass: "Router" };
  assert.equal(modelKey(model), modelKey({ ...model, oui: "00D09E" }));
  assert.notEqual(modelKey(model), modelKey({ ...model, softwareVersion: "1" }));
  assert.notEqual(modelKey({ ...model, softwareVersion: "1" }), modelKey({ ...model, softwareVersion: "2" }));
});

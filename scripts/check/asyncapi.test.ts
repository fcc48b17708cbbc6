import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { test } from "node:test";
import { ASYNCAPI, asyncApiProblems, asyncApiText, SUBJECTS } from "./asyncapi.ts";
import { ROOT } from "./sources.ts";

const text = await readFile(resolve(ROOT, ASYNCAPI), "utf8");

test("the published document of the bus is what its types give", async () => {
  assert.equal(await asyncApiText(), text);
});

test("it is a document by AsyncAPI's own schema, which finds what is wrong in one", () => {
  assert.deepEqual(asyncApiProblems(JSON.parse(text)), []);
  const { info: _, ...without } = asObject(JSON.parse(text));
  assert.notDeepEqual(asyncApiProblems(without), []);
  const broken: unknown = JSON.parse(text.replace('"action": "send"', '"action": "shout"'));
  assert.notDeepEqual(asyncApiProblems(broken), []);
});

test("it has every subject of the table, but for patterns of them", async () => {
  const table = await readFile(resolve(ROOT, SUBJECTS), "utf8");
  const [own = ""] = /^export const subjects = \{$.*?^\} as const;$/ms.exec(table) ?? [];
  const names = [...own.matchAll(/^ {2}(\w+): /gm)].map(([, name = ""]) => name);
  const listed = objectAt(JSON.parse(text), "channels");
  const missing = names.filter((name) => !Object.hasOwn(listed, name));
  assert.ok(names.length > 30 && missing.length > 0);
  assert.deepEqual(
    missing.filter((name) => !/^every|Changes$/.test(name)),
    [],
  );
});

test("it has what one engine is asked by its name, of all that any engine may be asked", async () => {
  const table = await readFile(resolve(ROOT, SUBJECTS), "utf8");
  const ofAny = [...table.matchAll(/^ {2}(\w+): (?:\(.*\) =>)?\s*ofAny</gm)].map(([, name = ""]) => name);
  assert.ok(ofAny.includes("rpc") && ofAny.includes("announce"));
  for (const name of ofAny) {
    const channels = objectAt(JSON.parse(text), "channels");
    const { address } = asObject(channels[name]);
    const asked = asObject(channels[`${name}Asked`]);
    assert.equal(asked["address"], String(address).replace("hg.v1.", "hg.v1.engine.{engine}.asked."));
  }
});

test("every reference in it leads somewhere, and every part of an address is a parameter", () => {
  const document: unknown = JSON.parse(text);
  const references = [...text.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path = ""]) => path);
  assert.ok(references.length > 100);
  for (const path of references) {
    assert.doesNotThrow(() => path.split("/").reduce<unknown>(objectAt, document), path);
  }
  for (const [name, channel] of Object.entries(objectAt(document, "channels"))) {
    const { address, parameters = {} } = asObject(channel);
    if (address === null) continue;
    assert.ok(typeof address === "string");
    const parts = [...address.matchAll(/\{(\w+)\}/g)].map(([, part]) => part);
    assert.deepEqual(Object.keys(asObject(parameters)), parts, name);
  }
});

test("what is sent has no answer, and what is asked for has one", () => {
  const operations = Object.values(objectAt(JSON.parse(text), "operations")).map(asObject);
  const sent = operations.filter(({ action }) => action === "send");
  const taken = operations.filter(({ action }) => action === "receive");
  assert.ok(sent.length > 0 && taken.length > 0);
  assert.equal(sent.length + taken.length, operations.length);
  assert.ok(
    sent.every(({ reply }) => reply === undefined) && taken.every(({ reply }) => reply !== undefined),
  );
});

function objectAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  return asObject(asObject(value)[name]);
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  assert.ok(typeof value === "object" && value !== null);
  return Object.fromEntries(Object.entries(value));
}

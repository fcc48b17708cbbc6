import assert from "node:assert/strict";
import { test } from "node:test";
import { differences, publishedFiles, schemaFiles } from "./schemas.ts";

const wanted = new Map([["a.json", "{}\n"]]);

test("schemas that are what the table gives pass", () => {
  assert.deepEqual(differences(wanted, new Map(wanted)), []);
});

test("a schema that differs, lacks, or is left over is named", () => {
  assert.deepEqual(differences(wanted, new Map([["a.json", "{ }\n"]])), [
    "a.json: is not what the table gives",
  ]);
  assert.deepEqual(differences(wanted, new Map()), ["a.json: is missing"]);
  assert.deepEqual(differences(wanted, new Map([...wanted, ["b.json", "{}"]])), [
    "b.json: is no schema any more",
  ]);
});

test("the published schemas are what the table gives [LIGHT-SCHEMA-1]", async () => {
  assert.deepEqual(differences(await schemaFiles(), await publishedFiles()), []);
});

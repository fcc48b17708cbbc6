import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";

/** A folder of the test data; undefined, after skipping the test aloud, where there is none. */
export function testData(t: TestContext, ...path: readonly string[]): string | undefined {
  const root = process.env["HELIOGRAPH_TEST_DATA"];
  if (root !== undefined && root !== "") return join(root, ...path);
  skip(t, "HELIOGRAPH_TEST_DATA names no folder of test data");
  return undefined;
}

/** A program on the path; undefined, after skipping the test aloud, where it is not installed. */
export function program(t: TestContext, name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) skip(t, `${name} is not installed`);
  return found;
}

function skip(t: TestContext, reason: string): void {
  assert.notEqual(process.env["HELIOGRAPH_REQUIRE"], "all", `nothing may be skipped: ${reason}`);
  t.skip(reason);
}

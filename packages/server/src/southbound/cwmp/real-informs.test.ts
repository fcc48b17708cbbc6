import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeEnvelope, defaultLimits, deviceKey } from "@heliograph/protocol";
import { cookieOf, openBench } from "../../../test/cwmp-bench.ts";

/** Whole messages with a serial number among the files; the others are excerpts, or dumps with more than the body. */
const WHOLE = 12;

test("Informs of real devices open sessions and are answered as their devices write", async (t) => {
  const root = process.env["HELIOGRAPH_TEST_DATA"] ?? "";
  if (root === "") {
    assert.notEqual(
      process.env["HELIOGRAPH_REQUIRE"],
      "all",
      "HELIOGRAPH_TEST_DATA names no folder of test data",
    );
    t.skip("HELIOGRAPH_TEST_DATA names no folder of test data");
    return;
  }
  await using bench = await openBench();
  const folder = join(root, "real");
  const texts = readdirSync(folder)
    .filter((file) => file.endsWith("-Inform.xml"))
    .map((file) => readFileSync(join(folder, file), "utf8"));
  let sessions = 0;
  for (const text of texts) {
    const inform = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
    if (!inform.ok || inform.value.body.kind !== "request" || inform.value.body.method !== "Inform") continue;
    if (deviceKey(inform.value.body.params.DeviceId) === undefined) continue;
    sessions += 1;
    const device = await bench.connect();
    const informed = await device.post(text);
    const { id, namespace, style } = inform.value;
    assert.equal(informed.status, 200, informed.body);
    assert.equal(informed.body.startsWith("<?xml"), style.declaration);
    assert.ok(informed.body.includes(`xmlns:cwmp="${namespace}"`));
    if (id !== undefined)
      assert.ok(informed.body.includes(`mustUnderstand="1">${id}</cwmp:ID>`), informed.body);
    assert.equal((await device.post("", cookieOf(informed))).status, 204);
  }
  assert.equal(sessions, WHOLE);
});

import type { Lease } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, bodyOf, deviceList, exampleDevice, type Script } from "../scripted-northbound.fixture.ts";

const KEY = "00D09E-IGD-SN0001";
const LEASE: Lease = { device: KEY, holder: "desk", reason: "ticket 4711", taken: ago(60), ends: ago(-600) };
const showing: Script = {
  ...deviceList(exampleDevice("SN0001")),
  takeLease: () => ({ status: 200, body: LEASE }),
};

test("lease says until when one holds the device, and asks for as long as is written", async () => {
  const args = ["lease", KEY, "--for", "20min", "--reason", "ticket 4711"];
  const { exitCode, terminal, asked } = await runAgainst(showing, args);
  assert.equal(exitCode, 0, terminal.errors());
  assert.match(terminal.output(), /^desk holds 00D09E-IGD-SN0001; that ends in \d+ min: ticket 4711$/);
  assert.deepEqual(bodyOf(asked.at(-1)), { seconds: 1_200, reason: "ticket 4711" });
  assert.equal((await runAgainst(showing, ["lease", KEY, "--for", "2h"])).exitCode, 2);
});

test("a device that somebody else holds is said to be, and the command ends with 2", async () => {
  const detail = "night shift holds the device until 2026-01-31T13:00:00.000Z: only they write to it";
  const script: Script = { ...showing, takeLease: () => ({ refuses: "leased", detail }) };
  const { exitCode, terminal } = await runAgainst(script, ["lease", KEY]);
  assert.equal(exitCode, 2);
  assert.match(terminal.errors(), /night shift holds the device until/);
});

test("lease --show names the holder or nobody, and --release gives it up", async () => {
  const script: Script = {
    ...showing,
    getLease: () => ({ refuses: "not-leased" }),
    endLease: () => ({ status: 204 }),
  };
  assert.equal((await runAgainst(script, ["lease", KEY, "--show"])).terminal.output(), `nobody holds ${KEY}`);
  const released = await runAgainst(script, ["lease", KEY, "--release"]);
  assert.deepEqual([released.exitCode, released.asked.at(-1)?.route], [0, "endLease"]);
});

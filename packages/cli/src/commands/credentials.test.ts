import type { CredentialsRotation, Device } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { deviceList, exampleDevice, type Script } from "../scripted-northbound.fixture.ts";

function rotating(device: Device, told: CredentialsRotation["told"]): Script {
  return { ...deviceList(device), rotateCredentials: () => ({ status: 200, body: { told } }) };
}

test("a connected device is told its new credentials now, and it is said how long the old ones are good", async () => {
  const device = exampleDevice("SN1", { reachability: "connected" });
  const { exitCode, terminal, asked } = await runAgainst(rotating(device, "now"), [
    "credentials",
    "rotate",
    "SN1",
  ]);
  assert.equal(exitCode, 0);
  assert.equal(
    terminal.output(),
    `${device.key} is connected and is being told its new credentials now; ` +
      "those it has stay good until it has confirmed them",
  );
  assert.match(terminal.errors(), new RegExp(`heliograph watch ${device.key} --names credentials-confirmed`));
  assert.equal(asked.at(-1)?.route, "rotateCredentials");
  assert.equal(asked.at(-1)?.params["key"], device.key);
});

test("any other device is told when it comes next", async () => {
  const script = rotating(exampleDevice("SN1"), "later");
  const { terminal } = await runAgainst(script, ["credentials", "rotate", "SN1"]);
  assert.match(
    terminal.output(),
    /^00D09E-IGD-SN1 is told its new credentials when it comes next; those it has /,
  );
});

test("a device without credentials of its own keeps none", async () => {
  const script = rotating(exampleDevice("SN1", { credentials: "none" }), "later");
  const { terminal } = await runAgainst(script, ["credentials", "rotate", "SN1"]);
  assert.match(terminal.output(), /; it has not confirmed any of its own before$/);
});

test("--json says when it is told, for a program", async () => {
  const script = rotating(exampleDevice("SN1"), "later");
  const { terminal } = await runAgainst(script, ["credentials", "rotate", "SN1", "--json"]);
  assert.deepEqual(JSON.parse(terminal.output()), { told: "later" });
  assert.equal(terminal.errors(), "");
});

test("a device that is not approved is given none", async () => {
  const script: Script = {
    ...deviceList(exampleDevice("SN1", { approval: "waiting" })),
    rotateCredentials: () => ({ refuses: "not-approved" }),
  };
  const { exitCode, terminal } = await runAgainst(script, ["credentials", "rotate", "SN1"]);
  assert.equal(exitCode, 2);
  assert.match(terminal.errors(), /the ACS refused \(409, /);
});

import { createClient } from "@heliograph/api/client";
import type { Device } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError } from "./command-error.ts";
import { findDevice } from "./device-name.ts";
import { deviceList, exampleDevice, scriptedNorthbound, TOKEN } from "./scripted-northbound.fixture.ts";

const ODD = exampleDevice("A-1/ü", { key: "00D09E-IGD-A%2D1%2F%C3%BC" });
const DEVICES = [
  exampleDevice("SN1"),
  exampleDevice("SN10"),
  exampleDevice("SN11"),
  exampleDevice("X7"),
  ODD,
];

async function find(name: string, devices: readonly Device[] = DEVICES): Promise<Device> {
  await using northbound = await scriptedNorthbound(deviceList(...devices));
  return await findDevice(createClient({ url: northbound.url, token: TOKEN }), name);
}

test("a device answers to its key, its serial number and any part of them that is its own", async () => {
  for (const name of ["00D09E-IGD-X7", "X7", "x7", "IGD-X7"]) {
    assert.equal((await find(name)).key, "00D09E-IGD-X7", name);
  }
});

test("a whole serial number comes before those that only begin with it", async () => {
  assert.equal((await find("SN1")).key, "00D09E-IGD-SN1");
});

test("a serial number that its key escapes is found as it is written on the device", async () => {
  assert.equal((await find("A-1/ü")).key, ODD.key);
});

test("a name that several devices answer to lists them and takes none", async () => {
  await assert.rejects(find("SN"), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.exitCode, 2);
    assert.equal(error.message, '"SN" may be any of 3 devices:');
    assert.deepEqual(error.details, ["00D09E-IGD-SN1", "00D09E-IGD-SN10", "00D09E-IGD-SN11"]);
    return true;
  });
});

test("of very many candidates ten are listed", async () => {
  const many = Array.from({ length: 14 }, (_, index) => exampleDevice(`Q${index + 100}`));
  await assert.rejects(find("Q", many), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.details.length, 11);
    assert.equal(error.details.at(-1), "and 4 more");
    return true;
  });
});

test("a name that nothing answers to, or none at all, is refused", async () => {
  await assert.rejects(find("nowhere"), /no device is called "nowhere"/);
  await assert.rejects(find(""), CommandError);
});

test("what the ACS found by something else than the key is not taken for the device", async () => {
  await using northbound = await scriptedNorthbound({
    getDevice: () => ({ refuses: "unknown-device" }),
    listDevices: () => ({ status: 200, body: { items: [exampleDevice("SN1")] } }),
  });
  const client = createClient({ url: northbound.url, token: TOKEN });
  await assert.rejects(findDevice(client, "192.0.2.7"), /no device is called/);
});

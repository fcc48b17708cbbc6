import assert from "node:assert/strict";
import { test } from "node:test";
import { groupedEntries } from "@heliograph/protocol";
import { dataModel } from "./data-model.ts";
import type { DataModel } from "./data-model.ts";
import { aliasOfInstance } from "./instances.ts";
import type { Outcome } from "./outcome.ts";

const SERVER = "Device.ManagementServer.";
const MAPPING = "Device.NAT.PortMapping.";

/** A router whose port mappings have aliases; by default it can do all that there is. */
function router(abilities: Readonly<Record<string, boolean | string>> = {}): DataModel {
  const told = { AliasBasedAddressing: true, InstanceWildcardsSupported: true, ...abilities };
  return dataModel({
    [MAPPING]: {
      instances: [1, 4],
      writable: true,
      maxRows: 4,
      row: (instance) => ({
        Alias: aliasOfInstance(instance),
        Enable: { type: "boolean", writable: true },
        Port: { type: "unsignedInt", writable: true, value: 8_000 + instance },
        Status: "Up",
      }),
    },
    "Device.Hosts.Host.": { row: () => ({ Name: "" }) },
    ...Object.fromEntries(
      Object.entries({ InstanceMode: "InstanceNumber", AutoCreateInstances: false, ...told }).map(
        ([name, value]) => [SERVER + name, value] as const,
      ),
    ),
  });
}

function pathsOf(outcome: Outcome<Readonly<Record<string, Readonly<Record<string, unknown>>>>>): unknown {
  if (outcome.fault !== undefined) return outcome.fault.code;
  return [...groupedEntries(outcome.result)].map(([path]) => path);
}

test("an instance is read, set, and deleted by its alias [CWMP-ADDRESS-1]", () => {
  const model = router();
  assert.deepEqual(pathsOf(model.values([`${MAPPING}[cpe-4].Port`])), [`${MAPPING}4.Port`]);
  assert.equal(model.setValues({ [`${MAPPING}[cpe-4].`]: { Alias: "web", Port: 80 } }).fault, undefined);
  assert.equal(model.get(`${MAPPING}4.Port`), 80);
  assert.deepEqual(pathsOf(model.values([`${MAPPING}[web].Port`])), [`${MAPPING}4.Port`]);
  assert.equal(model.deleteObject(`${MAPPING}[web].`).fault, undefined);
  assert.equal(model.get(`${MAPPING}4.Port`), undefined);
  assert.equal(model.addObject(`${MAPPING}[ssh].`).result, 5);
  assert.equal(model.get(`${MAPPING}5.Alias`), "ssh");
  assert.equal(model.addObject(`${MAPPING}[ssh].`).fault?.code, 9005);
});

test("without AliasBasedAddressing an alias names nothing [CWMP-ADDRESS-1]", () => {
  const model = router({ AliasBasedAddressing: false, AutoCreateInstances: true });
  assert.equal(model.values([`${MAPPING}[cpe-4].Port`]).fault?.code, 9005);
  assert.equal(model.setValues({ [`${MAPPING}[new].`]: { Port: 1 } }).fault?.code, 9003);
  assert.equal(model.addObject(`${MAPPING}[new].`).fault?.code, 9005);
});

for (const [mode, shown] of [
  ["InstanceNumber", "4"],
  ["InstanceAlias", "[cpe-4]"],
] as const) {
  test(`in the mode ${mode} instances are answered as ${shown}, however they were asked for [CWMP-ADDRESS-2]`, () => {
    const model = router({ InstanceMode: mode });
    for (const asked of ["4", "[cpe-4]"]) {
      const path = `${MAPPING}${asked}.Port`;
      assert.deepEqual(pathsOf(model.values([path])), [`${MAPPING}${shown}.Port`]);
      assert.deepEqual(pathsOf(model.attributes([path])), [`${MAPPING}${shown}.Port`]);
      assert.deepEqual(pathsOf(model.names(path, false)), [`${MAPPING}${shown}.Port`]);
    }
    const names = pathsOf(model.names(MAPPING, true));
    assert.ok(Array.isArray(names) && names.includes(`${MAPPING}${shown}.`));
  });
}

test("two instances never have one alias, and an alias is of the form of one", () => {
  const model = router();
  for (const alias of ["cpe-1", "1st", "a]b", "", "a".repeat(65)]) {
    const { fault } = model.setValues({ [`${MAPPING}4.`]: { Alias: alias } });
    assert.equal(fault?.data?.SetParameterValuesFault[0]?.FaultCode, 9007, alias);
  }
  assert.equal(model.setValues({ [`${MAPPING}4.`]: { Alias: "cpe-4" } }).fault, undefined);
});

test("with AutoCreateInstances an unknown alias makes an instance, without it is refused [CWMP-ADDRESS-3]", () => {
  const values = { [`${MAPPING}[web].`]: { Port: 80, Enable: true } };
  const { fault } = router().setValues(values);
  assert.equal(fault?.data?.SetParameterValuesFault[0]?.FaultCode, 9005);
  const model = router({ AutoCreateInstances: true });
  const changed: string[] = [];
  model.onChange(({ path }) => changed.push(path));
  assert.equal(model.setValues(values).fault, undefined);
  const made = ["Alias", "Port", "Enable"].map((name) => model.get(`${MAPPING}5.${name}`));
  assert.deepEqual(made, ["web", 80, true]);
  assert.ok(changed.includes(MAPPING));
  assert.equal(model.setValues({ [`${MAPPING}[web].`]: { Port: 81 } }).fault, undefined);
  assert.deepEqual([model.get(`${MAPPING}5.Port`), model.get(`${MAPPING}6.Port`)], [81, undefined]);
});

test("an instance that was made for a value that is refused is gone again, and its number is free [CWMP-ADDRESS-3]", () => {
  const model = router({ AutoCreateInstances: true });
  for (const bad of [{ Port: -1 }, { Status: "Down" }, { Nothing: "" }]) {
    const values = { [`${MAPPING}[a].`]: { Port: 1 }, [`${MAPPING}[b].`]: bad };
    assert.equal(model.setValues(values).fault?.code, 9003);
    assert.deepEqual(pathsOf(model.names(MAPPING, true)), [`${MAPPING}1.`, `${MAPPING}4.`]);
  }
  assert.equal(model.addObject(MAPPING).result, 5);
});

test("as many instances come by themselves as the table takes, and only where it takes any [CWMP-ADDRESS-3]", () => {
  const model = router({ AutoCreateInstances: true });
  const three = Object.fromEntries(["a", "b", "c"].map((alias) => [`${MAPPING}[${alias}].`, { Port: 1 }]));
  assert.equal(model.setValues(three).fault?.code, 9003);
  assert.equal(model.setValues({ "Device.Hosts.Host.[a].": { Name: "x" } }).fault?.code, 9003);
});

test("a wildcard stands for all instances where values, names and attributes are read [CWMP-ADDRESS-4]", () => {
  const model = router();
  const ports = [`${MAPPING}1.Port`, `${MAPPING}4.Port`];
  assert.deepEqual(pathsOf(model.values([`${MAPPING}*.Port`])), ports);
  assert.deepEqual(pathsOf(model.attributes([`${MAPPING}*.Port`])), ports);
  assert.deepEqual(pathsOf(model.names(`${MAPPING}*.Port`, false)), ports);
  const below = pathsOf(model.names(`${MAPPING}*.`, true));
  assert.ok(Array.isArray(below) && below.length === 8);
  assert.deepEqual(pathsOf(model.values(["Device.Hosts.Host.*.Name"])), []);
});

test("a wildcard in any other place, or of a device that has none, names nothing [CWMP-ADDRESS-4]", () => {
  const model = router();
  for (const path of [`${MAPPING}*.Nothing`, "Device.*.PortMapping.", "Device.NAT.*", `${MAPPING}*`, "*."]) {
    assert.equal(model.values([path]).fault?.code, 9005, path);
  }
  assert.equal(router({ InstanceWildcardsSupported: false }).values([`${MAPPING}*.Port`]).fault?.code, 9005);
});

test("no method that writes takes a wildcard [CWMP-ADDRESS-4]", () => {
  const model = router({ AutoCreateInstances: true });
  const { fault } = model.setValues({ [`${MAPPING}*.`]: { Port: 1 } });
  assert.equal(fault?.data?.SetParameterValuesFault[0]?.FaultCode, 9005);
  assert.equal(model.setAttributes({ [`${MAPPING}*.`]: { Port: { Notification: 1 } } }).fault?.code, 9005);
  assert.equal(model.addObject(`${MAPPING}*.`).fault?.code, 9005);
  assert.equal(model.deleteObject(`${MAPPING}*.`).fault?.code, 9005);
});

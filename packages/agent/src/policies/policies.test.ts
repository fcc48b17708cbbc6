import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { CompactValue, ParameterValues, PolicySetting } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { dataModel, type DataModel } from "../data-model.ts";
import { noPolicies, type PolicyMemory, type PolicyStanding } from "./policy-memory.ts";
import { Policies } from "./policies.ts";

const HOUR_MS = 3_600_000;
const SSID = "Device.WiFi.SSID.1.SSID";
const CHANNEL = "Device.WiFi.Radio.1.Channel";
const APPLIED: PolicyStanding = { status: "applied" };

/** A router that holds policies, and what it tells of them. */
class Bench {
  readonly clock = new VirtualClock();
  readonly told: (readonly [channel: string, standing: PolicyStanding])[] = [];
  memory: PolicyMemory = noPolicies;
  readonly model: DataModel = router();
  policies = this.#policies();

  take(policy: Partial<PolicySetting>): PolicyStanding {
    return this.policies.take(`public/${policy.Policy ?? "wifi"}`, published(policy));
  }

  withdraw(name: string, version: number): PolicyStanding {
    return this.policies.take("private/config", { Policy: name, Version: version, Withdrawn: true });
  }

  /** With what it kept. */
  restart(): void {
    this.policies.close();
    this.memory = structuredClone(this.memory);
    this.policies = this.#policies();
    this.policies.check();
  }

  /** As a program on the device would, or a person at its web page. */
  async setBack(path: string, value: string | number): Promise<void> {
    this.model.set(path, value);
    await setImmediate();
  }

  #policies(): Policies {
    return new Policies({
      model: this.model,
      clock: this.clock,
      memory: { get: () => this.memory, keep: (memory) => (this.memory = memory) },
      tell: (channel, standing) => this.told.push([channel, standing]),
    });
  }
}

function router(): DataModel {
  return dataModel({
    "Device.DeviceInfo.SoftwareVersion": "1.0",
    "Device.WiFi.Radio.": {
      instances: [1, 2],
      row: () => ({ Channel: { type: "unsignedInt", value: 1, writable: true, check: outOfBand } }),
    },
    "Device.WiFi.SSID.": {
      instances: [1, 2],
      writable: true,
      row: () => ({
        SSID: { type: "string", value: "factory", writable: true },
        Enable: { type: "boolean", writable: true },
      }),
    },
    "Device.NAT.PortMapping.": {
      writable: true,
      maxRows: 2,
      row: () => ({
        Description: { type: "string", writable: true },
        ExternalPort: { type: "unsignedInt", writable: true, check: outOfPorts },
      }),
    },
  });
}

function outOfBand(channel: number): string | undefined {
  return channel <= 13 ? undefined : "there is no such channel";
}

function outOfPorts(port: number): string | undefined {
  return port <= 65_535 ? undefined : "there is no such port";
}

function published(policy: Partial<PolicySetting>): PolicySetting {
  return { Policy: "wifi", Version: 1, Priority: 0, Hold: "mend", ParameterList: {}, ...policy };
}

function ssid(value: CompactValue, instance = "1"): ParameterValues {
  return { [`Device.WiFi.SSID.${instance}.`]: { SSID: value } };
}

const open: Bench[] = [];

function bench(): Bench {
  const made = new Bench();
  open.push(made);
  return made;
}

afterEach(() => {
  for (const { policies } of open.splice(0)) policies.close();
});

test("what a policy says is set, `*` being every instance that is there [LIGHT-HOLD-1]", () => {
  const device = bench();
  const values = { ...ssid("ours", "*"), "Device.WiFi.Radio.2.": { Channel: 6 } };
  assert.deepEqual(device.take({ ParameterList: values }), APPLIED);
  assert.equal(device.model.get(SSID), "ours");
  assert.equal(device.model.get("Device.WiFi.SSID.2.SSID"), "ours");
  assert.equal(device.model.get("Device.WiFi.Radio.2.Channel"), 6);
});

test("a policy is applied whole or not at all, and each refused path is told [LIGHT-HOLD-2]", () => {
  const device = bench();
  const Objects = [{ Object: "Device.NAT.PortMapping.", Key: { Description: "web" }, Values: {} }];
  const standing = device.take({
    ParameterList: { ...ssid("ours"), "Device.WiFi.Radio.*.": { Channel: 99 } },
    Objects,
  });
  assert.equal(standing.status, "faulted");
  const faults = standing.data?.["Faults"];
  const FaultString = "Invalid parameter value: there is no such channel";
  assert.deepEqual(faults, [
    { Path: "Device.WiFi.Radio.1.Channel", FaultCode: 9007, FaultString },
    { Path: "Device.WiFi.Radio.2.Channel", FaultCode: 9007, FaultString },
  ]);
  assert.equal(device.model.get(SSID), "factory");
  assert.deepEqual(device.model.instances("Device.NAT.PortMapping."), []);
  assert.deepEqual(device.memory, noPolicies);
});

test("versions only rise: one that is not newer changes nothing, and is answered as the device stands [LIGHT-HOLD-3]", () => {
  const device = bench();
  device.take({ Version: 4, ParameterList: ssid("four") });
  assert.deepEqual(device.take({ Version: 3, ParameterList: ssid("three") }), APPLIED);
  assert.deepEqual(device.take({ Version: 4, ParameterList: ssid("other") }), APPLIED);
  assert.equal(device.model.get(SSID), "four");
  device.take({ Version: 5, ParameterList: ssid("five") });
  assert.equal(device.model.get(SSID), "five");
});

test("a version that could not be applied leaves the one before in force, and may come again", async () => {
  const device = bench();
  device.take({ Version: 1, ParameterList: ssid("one") });
  assert.equal(device.take({ Version: 2, ParameterList: { "Device.No.": { Such: 1 } } }).status, "applied");
  assert.equal(device.take({ Version: 3, ParameterList: ssid(7) }).status, "faulted");
  device.take({ Version: 4, ParameterList: ssid("four") });
  assert.equal(device.take({ Version: 5, ParameterList: ssid(7) }).status, "faulted");
  await device.setBack(SSID, "hand");
  assert.equal(device.model.get(SSID), "four");
  assert.deepEqual(device.told, []);
});

for (const [what, first, second] of [
  ["the higher priority", { Policy: "a", Priority: 1 }, { Policy: "b", Priority: 2 }],
  ["the name that comes first", { Policy: "b" }, { Policy: "a" }],
] as const) {
  test(`where two policies set one path, ${what} holds it, in whatever order they come [LIGHT-HOLD-4]`, () => {
    const loser = { ...first, ParameterList: ssid("loser") };
    const winner = { ...second, ParameterList: ssid("winner", "*") };
    for (const order of [
      [loser, winner],
      [winner, loser],
    ]) {
      const device = bench();
      for (const policy of order) assert.deepEqual(device.take(policy), APPLIED);
      assert.equal(device.model.get(SSID), "winner");
    }
  });
}

test("a policy that is withdrawn is forgotten: values stay, and the next in priority applies [LIGHT-HOLD-5]", async () => {
  const device = bench();
  device.take({ Policy: "base", Priority: 1, ParameterList: ssid("base") });
  device.take({
    Policy: "top",
    Priority: 9,
    ParameterList: { ...ssid("top"), "Device.WiFi.Radio.1.": { Channel: 6 } },
  });
  assert.deepEqual(device.withdraw("top", 1), APPLIED);
  assert.equal(device.model.get(SSID), "base");
  assert.equal(device.model.get(CHANNEL), 6);
  await device.setBack(CHANNEL, 3);
  assert.equal(device.model.get(CHANNEL), 3);
});

test("a device that is back in the group takes the version that was withdrawn from it", () => {
  const device = bench();
  device.take({ Version: 2, ParameterList: ssid("two") });
  device.withdraw("wifi", 2);
  device.model.set(SSID, "hand");
  assert.equal(device.take({ Version: 1, ParameterList: ssid("one") }).status, "faulted");
  assert.deepEqual(device.take({ Version: 2, ParameterList: ssid("two") }), APPLIED);
  assert.equal(device.model.get(SSID), "two");
});

test("an object is added where none has the values of its key, and found by them otherwise [LIGHT-HOLD-6]", () => {
  const device = bench();
  const web = {
    Object: "Device.NAT.PortMapping.",
    Key: { Description: "web" },
    Values: { ExternalPort: 80 },
  };
  device.take({ Version: 1, Objects: [web] });
  device.take({ Version: 2, Objects: [{ ...web, Values: { ExternalPort: 8080 } }] });
  assert.deepEqual(device.model.instances("Device.NAT.PortMapping."), [1]);
  assert.equal(device.model.get("Device.NAT.PortMapping.1.Description"), "web");
  assert.equal(device.model.get("Device.NAT.PortMapping.1.ExternalPort"), 8080);
});

test("where the second of two objects cannot be added, the first is taken away again [LIGHT-HOLD-2]", () => {
  const device = bench();
  const mapping = (name: string) => ({
    Object: "Device.NAT.PortMapping.",
    Key: { Description: name },
    Values: {},
  });
  const standing = device.take({ Objects: ["a", "b", "c"].map(mapping) });
  assert.equal(standing.status, "faulted");
  assert.deepEqual(device.model.instances("Device.NAT.PortMapping."), []);
});

test("an object that somebody deletes is added again", async () => {
  const device = bench();
  const web = {
    Object: "Device.NAT.PortMapping.",
    Key: { Description: "web" },
    Values: { ExternalPort: 80 },
  };
  device.take({ Objects: [web] });
  device.model.deleteObject("Device.NAT.PortMapping.1.");
  await setImmediate();
  assert.deepEqual(device.model.instances("Device.NAT.PortMapping."), [2]);
  assert.equal(device.model.get("Device.NAT.PortMapping.2.ExternalPort"), 80);
});

test("a device with nothing that a policy names says so, and keeps the policy for the day it has", async () => {
  const device = bench();
  const ParameterList = { "Device.NAT.PortMapping.*.": { ExternalPort: 80 } };
  assert.deepEqual(device.take({ ParameterList }), { status: "applied", data: { NotApplicable: true } });
  device.model.addObject("Device.NAT.PortMapping.");
  await setImmediate();
  assert.equal(device.model.get("Device.NAT.PortMapping.1.ExternalPort"), 80);
  assert.deepEqual(device.told, [["public/wifi", APPLIED]]);
});

test("a value that is set back is mended at once [LIGHT-HOLD-7]", async () => {
  const device = bench();
  device.take({ ParameterList: ssid("ours") });
  await device.setBack(SSID, "hand");
  assert.equal(device.model.get(SSID), "ours");
  assert.deepEqual(device.told, []);
});

test("a policy is mended three times an hour; then something fights it, which the ACS is told once [LIGHT-HOLD-8]", async () => {
  const device = bench();
  device.take({ ParameterList: ssid("ours") });
  for (let time = 1; time <= 5; time += 1) await device.setBack(SSID, `hand ${time}`);
  assert.equal(device.model.get(SSID), "hand 5");
  assert.deepEqual(device.told, [["public/wifi", { status: "faulted", data: { Fighting: true } }]]);
});

test("an hour later it is mended once more, and told to hold [LIGHT-HOLD-8]", async () => {
  const device = bench();
  device.take({ ParameterList: ssid("ours") });
  for (let time = 1; time <= 4; time += 1) await device.setBack(SSID, `hand ${time}`);
  await device.clock.advance(HOUR_MS);
  assert.equal(device.model.get(SSID), "ours");
  assert.deepEqual(device.told.at(-1), ["public/wifi", APPLIED]);
});

test("a policy that is only to report leaves what differs, and tells of it until it is as it was [LIGHT-HOLD-9]", async () => {
  const device = bench();
  device.take({ Hold: "report", ParameterList: ssid("ours") });
  await device.setBack(SSID, "hand");
  await device.setBack(SSID, "other hand");
  assert.equal(device.model.get(SSID), "other hand");
  await device.setBack(SSID, "ours");
  assert.deepEqual(device.told, [
    ["public/wifi", { status: "applied", data: { Drifted: [SSID] } }],
    ["public/wifi", APPLIED],
  ]);
});

test("policies outlive a restart, and are looked at with it [LIGHT-HOLD-7]", () => {
  const device = bench();
  device.take({ Version: 3, ParameterList: ssid("ours") });
  device.policies.close();
  device.model.set(SSID, "meanwhile");
  device.restart();
  assert.equal(device.model.get(SSID), "ours");
  device.take({ Version: 2, ParameterList: ssid("older") });
  assert.equal(device.model.get(SSID), "ours");
});

test("what is no policy is refused, and says what is missing", () => {
  const standing = bench().policies.take("public/wifi", { Policy: "wifi", Version: 1 });
  assert.equal(standing.status, "faulted");
  assert.match(JSON.stringify(standing.data), /9003.*missing/);
});

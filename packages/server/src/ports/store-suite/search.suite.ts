import assert from "node:assert/strict";
import { evaluate, parseExpression, type Expression } from "@heliograph/protocol";
import { knownFacts } from "../known-facts.ts";
import type { DeviceRecord } from "../records.ts";
import type { Store } from "../store.ts";
import {
  anAudit,
  approving,
  at,
  enrolled,
  enrolment,
  lightOpening,
  opening,
  type On,
} from "./store.fixture.ts";

const NOW = at(100_000);

/** Devices by an expression: whatever the database answers, and whatever is left over, the devices are the same. */
export function searchSuite(on: On): void {
  on("an expression finds exactly the devices of which it is true", async (store) => {
    await aFleet(store);
    const { items: all } = await store.devices({ limit: 1_000 });
    const found = new Map<string, number>();
    for (const text of asked) {
      const where = expressionOf(text);
      const meant = await meantOf(store, all, where);
      assert.deepEqual(await search(store, where, 1_000), meant, text);
      assert.deepEqual(await search(store, where, 2), meant, `${text}, in small pages`);
      const devices = all.map(({ key }) => key);
      const covered = await store.coveredDevices({ where, now: NOW, devices });
      assert.deepEqual(covered.toSorted(), meant, `${text}, of devices that are named`);
      found.set(text, meant.length);
    }
    assert.equal(found.get('tag = "gold"'), 3);
    assert.equal(found.get("softwareVersion > 1.9"), 4);
    assert.equal(found.get("Device.WiFi.Radio.*.Channel = 11"), 2);
    assert.equal(found.get('not hardwareVersion = "A"'), 2, "of those whose hardware is known");
  });

  on("a device that is removed, renewed or tagged anew is found by what it is now", async (store) => {
    const key = await enrolled(store, "1");
    const tag = async (add: readonly string[], remove: readonly string[], seconds: number) =>
      store.commit("set-tags", {
        device: key,
        add,
        remove,
        at: at(seconds),
        audit: anAudit("set-tags", { at: at(seconds), detail: { add, remove } }),
      });
    const count = async (text: string) => (await search(store, expressionOf(text), 10)).length;
    await tag(["gold"], [], 30);
    await tag(["blue"], ["gold"], 31);
    assert.deepEqual([await count('tag = "gold"'), await count('tag = "blue"')], [0, 1]);
    await store.commit("open-connection", opening(key, "c1", { facts: { softwareVersion: "1" } }));
    await store.commit("open-connection", opening(key, "c2", { facts: { softwareVersion: "2" } }));
    assert.deepEqual([await count('softwareVersion = "1"'), await count('softwareVersion = "2"')], [0, 1]);
    await store.commit("enrol-device", enrolment("1", { at: at(60) }));
    assert.equal(await count('softwareVersion = "2" and tag = "blue" and serialNumber = "1"'), 1);
    await store.commit("remove-device", { device: key, audit: anAudit("remove-device"), events: [] });
    assert.equal(await count('tag = "blue"'), 0);
  });
}

const asked = [
  'tag = "gold"',
  'tag != "gold"',
  'tag in ("gold", "blue") and approval = approved',
  'not tag = "gold" and has softwareVersion',
  "has tag",
  "softwareVersion > 1.9",
  'softwareVersion = "1.10"',
  'softwareVersion = "1.10" and tag = "gold"',
  'softwareVersion != "1.10"',
  'softwareVersion in ("1.10", "2.0")',
  'hardwareVersion = "A"',
  'not hardwareVersion = "A"',
  'not (hardwareVersion = "A" or approval = waiting)',
  'hardwareVersion = "A" or approval = waiting',
  "not has hardwareVersion",
  "approval = waiting",
  'serialNumber = "3"',
  'serialNumber ~ "*1"',
  'model = "00D09E-Box"',
  'model = "00D09E-Box" and serialNumber = "2"',
  'oui = "00D09E" and not serialNumber in ("1", "2")',
  'productClass = "Other"',
  'manufacturer ~ "ACME" and key ~ "*-4"',
  "reachability = connected",
  "transport = light or transport = classic",
  "not transport = light",
  'subprotocol = "cwmp.json"',
  "lastInform < 1d ago",
  "lastInform >= 1d ago and enrolled < 1d ago",
  "not lastInform < 1d ago",
  "has lastInform",
  'address = "192.0.2.0/25"',
  "Device.WiFi.Radio.*.Channel = 11",
  "Device.WiFi.Radio.*.Channel != 11",
  'Device.WiFi.Radio.1.Channel < 10 and tag = "gold"',
  "has Device.WiFi.",
  "not has Device.WiFi. and has key",
];

/** Eight devices, each different. */
async function aFleet(store: Store): Promise<void> {
  for (const [index, serialNumber] of ["0", "1", "2", "3", "4", "5", "6", "7"].entries()) {
    const address = `192.0.2.${index * 30}`;
    const key = await enrolled(store, serialNumber);
    if (index === 7) continue;
    const facts = {
      ...(index % 2 === 0 ? { softwareVersion: ["1.9", "1.10", "2.0", "1.10"][index / 2] ?? "" } : {}),
      ...(index % 2 === 1 ? { softwareVersion: "10.0" } : {}),
      ...(index < 4 ? { hardwareVersion: index < 2 ? "A" : "B" } : {}),
    };
    const known = index < 5 ? facts : {};
    const channel = { "Device.WiFi.Radio.1.": { Channel: index }, "Device.WiFi.Radio.2.": { Channel: 11 } };
    const parameters =
      index < 2 ? channel : index < 4 ? { "Device.WiFi.Radio.1.": { Channel: 11 * index } } : {};
    const moment = index < 3 ? at(10) : NOW - 1_000;
    await store.commit(
      "open-connection",
      opening(key, `c${index}`, { address, facts: known, parameters, at: moment }),
    );
    if (index === 2) await store.commit("open-light-connection", lightOpening(key, "l"));
    if (index > 1 && index < 5) {
      const audit = anAudit("set-tags", { at: at(20 + index) });
      await store.commit("set-tags", {
        device: key,
        add: ["gold", `t${index}`],
        remove: [],
        at: at(20),
        audit,
      });
    }
    if (index === 6) await store.commit("set-approval", approving(key, "rejected"));
  }
  await store.commit("enrol-device", enrolment("8", { approval: "waiting" }));
}

async function meantOf(
  store: Store,
  all: readonly DeviceRecord[],
  where: Expression,
): Promise<readonly string[]> {
  const meant: string[] = [];
  for (const device of all) {
    const parameters = await store.parameters(device.key, "Device.");
    if (evaluate(where, knownFacts(device, parameters, NOW)) === true) meant.push(device.key);
  }
  return meant;
}

async function search(store: Store, where: Expression, limit: number): Promise<readonly string[]> {
  const keys: string[] = [];
  let after: string | undefined;
  do {
    const page = await store.searchDevices({
      where,
      now: NOW,
      limit,
      ...(after === undefined ? {} : { after }),
    });
    assert.ok(page.items.length <= limit);
    keys.push(...page.items.map(({ key }) => key));
    after = page.next;
  } while (after !== undefined);
  return keys;
}

function expressionOf(text: string): Expression {
  const read = parseExpression(text);
  if (!read.ok) throw new Error(`${text}: ${read.problem.detail}`);
  return read.value;
}

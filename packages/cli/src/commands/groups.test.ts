import type { Device, DeviceEvent, Group } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, deviceList, exampleDevice, type Script } from "../scripted-northbound.fixture.ts";

const KEY = "00D09E-IGD-SN1";
const GOLD: Group = {
  name: "gold",
  description: "those that pay",
  expression: 'tag = "gold"',
  trustedFactsOnly: true,
  created: ago(86_400),
  changed: ago(60),
  members: 2,
};
const OLD: Group = {
  ...GOLD,
  name: "old",
  description: "",
  expression: 'softwareVersion < "2.1"',
  trustedFactsOnly: false,
  counting: { because: "expression", counted: 200, of: 1_000 },
};

test("groups are listed with their members, and how far a counting is", async () => {
  const script: Script = { listGroups: () => ({ status: 200, body: { items: [GOLD, OLD] } }) };
  const { terminal } = await runAgainst(script, ["groups"]);
  assert.deepEqual(terminal.output().split("\n"), [
    "group  members  expression",
    'gold   2        tag = "gold"',
    'old    2        softwareVersion < "2.1"  being counted: 200 of 1000 devices',
  ]);
  const told = await runAgainst(script, ["groups", "--json"]);
  assert.deepEqual(JSON.parse(told.terminal.output()), [GOLD, OLD]);
});

test("a group is made with what was written, and shown", async () => {
  const script: Script = { setGroup: () => ({ status: 200, body: OLD }) };
  const flags = ["--description", "to be upgraded", "--trusted-facts-only"];
  const { asked, terminal } = await runAgainst(script, [
    "groups",
    "add",
    "old",
    "softwareVersion < 2.1",
    ...flags,
  ]);
  assert.deepEqual(
    asked.map(({ params, body }) => [params, body]),
    [
      [
        { name: "old" },
        { expression: "softwareVersion < 2.1", description: "to be upgraded", trustedFactsOnly: true },
      ],
    ],
  );
  assert.deepEqual(terminal.output().split("\n"), [
    "group       old",
    'expression  softwareVersion < "2.1"',
    "goes by     any facts",
    "members     2, being counted: 200 of 1000 devices",
  ]);
});

test("a group is shown, and removed", async () => {
  const script: Script = {
    getGroup: () => ({ status: 200, body: GOLD }),
    removeGroup: () => ({ status: 204 }),
  };
  const shown = await runAgainst(script, ["groups", "show", "gold"]);
  assert.match(shown.terminal.output(), /goes by +trusted facts only\nmembers +2$/);
  const removed = await runAgainst(script, ["groups", "remove", "gold"]);
  assert.equal(removed.terminal.output(), "gold is removed");
});

test("members come page by page", async () => {
  const script: Script = {
    listGroupMembers: ({ query }) =>
      query["cursor"] === undefined
        ? { status: 200, body: { items: [{ device: KEY, since: ago(7_200) }], next: KEY } }
        : { status: 200, body: { items: [{ device: "00D09E-IGD-SN2", since: ago(180) }] } },
  };
  const { terminal } = await runAgainst(script, ["groups", "members", "gold"]);
  assert.deepEqual(terminal.output().split("\n"), [
    "key             since",
    `${KEY}  2 h ago`,
    "00D09E-IGD-SN2  3 min ago",
  ]);
});

test("who came and went is told with the reason", async () => {
  const change = (id: number, name: string, data: DeviceEvent["data"]): DeviceEvent => ({
    ...{ id, at: ago(180), device: KEY, name },
    data: { group: "old", ...data },
  });
  const items = [
    change(3, "group-left", {
      because: "facts",
      facts: [
        { fact: "softwareVersion", from: "2.0", to: "2.1" },
        { fact: "Device.X.Y", from: 5 },
      ],
    }),
    change(2, "group-joined", { because: "facts", facts: [{ fact: "tag", to: ["gold"] }] }),
    change(1, "group-joined", { because: "enrolled" }),
  ];
  const script: Script = { listGroupChanges: () => ({ status: 200, body: { items } }) };
  const { terminal } = await runAgainst(script, ["groups", "changes", "old"]);
  assert.deepEqual(terminal.output().split("\n"), [
    `3 min ago  ${KEY}  left    softwareVersion was 2.0, is 2.1; Device.X.Y was 5, is not known any more`,
    `3 min ago  ${KEY}  joined  tag was not known, is ["gold"]`,
    `3 min ago  ${KEY}  joined  it came in`,
  ]);
});

test("a preview counts all, and names the first", async () => {
  const three = ["SN1", "SN2", "SN3"].map((serial) => exampleDevice(serial));
  const script = deviceList(...three);
  const { asked, terminal } = await runAgainst(script, ["groups", "preview", "has tag", "--limit", "2"]);
  assert.deepEqual(asked[0]?.query, { where: "has tag", limit: "500" });
  assert.equal(terminal.output(), `3 devices\n  ${KEY}\n  00D09E-IGD-SN2`);
  assert.equal(terminal.errors(), "1 more: --limit");
});

test("devices --where goes to the ACS as it is", async () => {
  const script: Script = { listDevices: () => ({ status: 200, body: { items: [], unfinished: true } }) };
  const { asked } = await runAgainst(script, ["devices", "--where", 'tag = "gold"']);
  assert.deepEqual(asked[0]?.query, { where: 'tag = "gold"', limit: "500" });
});

test("tags are given and taken, one after the other", async () => {
  let tags: readonly string[] = ["beta"];
  const device = (): Device => exampleDevice("SN1", { tags });
  const script: Script = {
    ...deviceList(device()),
    addTag({ params }) {
      tags = [...tags, params["tag"] ?? ""];
      return { status: 200, body: device() };
    },
    removeTag({ params }) {
      tags = tags.filter((tag) => tag !== params["tag"]);
      return { status: 200, body: device() };
    },
  };
  const { exitCode, terminal } = await runAgainst(script, ["tag", "SN1", "+gold", "-beta", "+site:7"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(terminal.output().split(", ").toSorted(), ["gold", "site:7"]);
});

test("what is no tag to give or take is refused before anything is asked", async () => {
  for (const word of ["gold", "+"]) {
    const { exitCode, terminal, asked } = await runAgainst({}, ["tag", "SN1", word]);
    assert.equal(exitCode, 2);
    assert.match(terminal.errors(), /is neither \+tag nor -tag/);
    assert.deepEqual(asked, []);
  }
});

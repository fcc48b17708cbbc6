import type { DeviceQuirk, ModelQuirks, Quirk } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, deviceList, exampleDevice, type Script } from "../scripted-northbound.fixture.ts";

const KEY = "00D09E-IGD-SN1";
const BOOLEANS = { name: "booleans", values: ["digits", "words"], meaning: "How booleans are written." };
const FRACTIONS = { name: "fractions", values: ["kept", "dropped"], meaning: "Whether times keep them." };
const DIGEST = {
  name: "digest",
  values: ["md5-and-sha256", "md5-only"],
  meaning: "Which challenges are given.",
};

const table: readonly Quirk[] = [
  { ...BOOLEANS, usual: "digits", learned: true },
  { ...FRACTIONS, usual: "kept", learned: false },
];

const learned: DeviceQuirk = {
  ...BOOLEANS,
  value: "words",
  how: "learned",
  from: "model-and-software",
  since: ago(180),
};
const usual: DeviceQuirk = { ...FRACTIONS, value: "kept", how: "usual" };
const set: DeviceQuirk = {
  ...DIGEST,
  value: "md5-only",
  how: "set",
  from: "device",
  since: ago(60),
  by: "anna",
};

const devices = deviceList(exampleDevice("SN1"));
const IGD = { oui: "00D09E", productClass: "IGD" };

test("a device's quirks are shown with where each value comes from", async () => {
  const script: Script = {
    ...devices,
    listDeviceQuirks: () => ({ status: 200, body: { items: [learned, usual, set] } }),
  };
  const { exitCode, terminal, asked } = await runAgainst(script, ["quirks", "SN1"]);
  assert.equal(exitCode, 0);
  assert.equal(asked.at(-1)?.params["key"], KEY);
  assert.deepEqual(terminal.output().split("\n"), [
    "quirk      value                                                       may be",
    "booleans   words     learned of its model with its software 3 min ago  digits, words",
    "fractions  kept      usual                                             kept, dropped",
    "digest     md5-only  set for the device by anna, 1 min ago             md5-and-sha256, md5-only",
  ]);
  const told = await runAgainst(script, ["quirks", "SN1", "--json"]);
  assert.deepEqual(JSON.parse(told.terminal.output()), [learned, usual, set]);
});

test("without a device, what there is to know is listed, and what is known of models", async () => {
  const models: readonly ModelQuirks[] = [
    {
      model: IGD,
      quirks: [{ name: "fractions", value: "dropped", how: "set", since: ago(7_200), by: "anna" }],
    },
    {
      model: { ...IGD, softwareVersion: "2.1" },
      quirks: [{ name: "booleans", value: "words", how: "learned", since: ago(180) }],
    },
  ];
  const script: Script = { listQuirks: () => ({ status: 200, body: { items: table, models } }) };
  const { terminal } = await runAgainst(script, ["quirks"]);
  assert.deepEqual(terminal.output().split("\n"), [
    "quirk      is usually  or",
    "booleans   digits      words    How booleans are written.",
    "fractions  kept        dropped  Whether times keep them.",
    "",
    "model       software  quirk      value",
    "00D09E-IGD  any       fractions  dropped  set by anna, 2 h ago",
    "00D09E-IGD  2.1       booleans   words    learned 3 min ago",
  ]);
  const told = await runAgainst(script, ["quirks", "--json"]);
  assert.deepEqual(JSON.parse(told.terminal.output()), { items: table, models });
});

test("where nothing is known of models, it is said so", async () => {
  const script: Script = { listQuirks: () => ({ status: 200, body: { items: table, models: [] } }) };
  assert.match((await runAgainst(script, ["quirks"])).terminal.errors(), /^nothing is known of any model$/);
});

test("a device has several quirks set by one command", async () => {
  const script: Script = {
    ...devices,
    setDeviceQuirk: ({ params }) => ({
      status: 200,
      body: params["name"] === "digest" ? set : { ...usual, value: "dropped", how: "set", from: "device" },
    }),
  };
  const args = ["quirks", "set", "SN1", "digest=md5-only", "fractions=dropped"];
  const { exitCode, terminal, asked } = await runAgainst(script, args);
  assert.equal(exitCode, 0);
  assert.deepEqual(
    asked.slice(-2).map(({ params, body }) => [params, body]),
    [
      [{ key: KEY, name: "digest" }, { value: "md5-only" }],
      [{ key: KEY, name: "fractions" }, { value: "dropped" }],
    ],
  );
  assert.equal(terminal.output(), `digest is md5-only for ${KEY}\nfractions is dropped for ${KEY}`);
});

test("a model is named by OUI and product class, with its software or whatever it runs", async () => {
  const script: Script = {
    setModelQuirk: () => ({ status: 200, body: { model: IGD, quirks: [] } }),
    unsetModelQuirk: () => ({ status: 200, body: { model: IGD, quirks: [] } }),
  };
  const named: readonly (readonly [flags: readonly string[], query: object, words: string])[] = [
    [["--model", "00D09E-IGD"], IGD, "00D09E-IGD"],
    [["--model", "00D09E-My-Box"], { ...IGD, productClass: "My-Box" }, "00D09E-My-Box"],
    [["--model", "00D09E"], { ...IGD, productClass: "" }, "00D09E"],
    [
      ["--model", "00D09E-IGD", "--software", "2.1"],
      { ...IGD, softwareVersion: "2.1" },
      "00D09E-IGD with software 2.1",
    ],
  ];
  for (const [flags, query, words] of named) {
    const done = await runAgainst(script, ["quirks", "set", ...flags, "digest=md5-only"]);
    assert.deepEqual(
      done.asked.map(({ route, query: sent, body }) => [route, sent, body]),
      [["setModelQuirk", query, { value: "md5-only" }]],
    );
    assert.equal(done.terminal.output(), `digest is md5-only for ${words}`);
    const undone = await runAgainst(script, ["quirks", "unset", ...flags, "digest"]);
    assert.deepEqual(undone.asked[0]?.query, query);
    assert.equal(undone.terminal.output(), `digest is not set for ${words}`);
  }
});

test("what is taken back of a device leaves what was learned or is usual, and that is said", async () => {
  const script: Script = {
    ...devices,
    unsetDeviceQuirk: ({ params }) => ({
      status: 200,
      body: params["name"] === "booleans" ? learned : usual,
    }),
  };
  const { terminal } = await runAgainst(script, ["quirks", "unset", "SN1", "booleans", "fractions"]);
  assert.deepEqual(terminal.output().split("\n"), [
    `booleans is not set for ${KEY}; it is words (learned of its model with its software 3 min ago)`,
    `fractions is not set for ${KEY}; it is kept (usual)`,
  ]);
  const told = await runAgainst(script, ["quirks", "unset", "SN1", "fractions", "--json"]);
  assert.deepEqual(JSON.parse(told.terminal.output()), [usual]);
});

test("a value that the quirk does not have is refused with those it has", async () => {
  const detail = 'digest is never "none": it is md5-and-sha256 or md5-only';
  const script: Script = {
    ...devices,
    setDeviceQuirk: () => ({ refuses: "unknown-quirk-value", detail }),
  };
  const { exitCode, terminal } = await runAgainst(script, ["quirks", "set", "SN1", "digest=none"]);
  assert.equal(exitCode, 2);
  assert.ok(terminal.errors().includes(detail));
});

const wrong: readonly (readonly [args: string, says: RegExp])[] = [
  ["set SN1", /<name=value> is missing/],
  ["set SN1 digest", /"digest" is not name=value/],
  ["set SN1 digest=", /"digest=" is not name=value/],
  ["set SN1 --software 2.1 digest=md5-only", /--software goes with --model/],
  ["set --model -IGD digest=md5-only", /--model begins with an OUI/],
  ["set SN1 --model 00D09E-IGD digest=md5-only", /"SN1" is not name=value/],
  ["unset SN1", /<name> is missing/],
];
for (const [args, says] of wrong) {
  test(`"quirks ${args}" is refused before anything is asked`, async () => {
    const { exitCode, terminal, asked } = await runAgainst({}, ["quirks", ...args.split(" ")]);
    assert.equal(exitCode, 2);
    assert.match(terminal.errors(), says);
    assert.deepEqual(asked, []);
  });
}

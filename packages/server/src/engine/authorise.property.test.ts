import assert from "node:assert/strict";
import { test } from "node:test";
import {
  deviceKey,
  evaluate,
  grouped,
  parseExpression,
  printExpression,
  type DeviceKey,
  type Expression,
  type KnownFacts,
} from "@heliograph/protocol";
import { seededRandom } from "@heliograph/testkit";
import fc from "fast-check";
import {
  mayRead,
  type CoverQuery,
  type DeviceCall,
  type LearnedParameters,
  type Rights,
} from "../ports/index.ts";
import { judge } from "./authorise.ts";

const RUNS = 4_000;

/** All that the device of these tests has. */
const PARAMETERS = [
  "Device.DeviceInfo.UpTime",
  "Device.DeviceInfo.Manufacturer",
  "Device.ManagementServer.URL",
  "Device.ManagementServer.Password",
  "Device.WiFi.Radio.1.Alias",
  "Device.WiFi.Radio.1.Channel",
  "Device.WiFi.Radio.2.Alias",
  "Device.WiFi.Radio.2.Channel",
  "Device.WiFi.Radio.2.Stats.Errors",
  "Device.WiFi.Radio.11.Channel",
  "Device.WiFi.RadioCount",
  "Device.WiFiX.Secret",
  "InternetGatewayDevice.ManagementServer.URL",
  "InternetGatewayDevice.DeviceInfo.UpTime",
];
const ALIASES: Readonly<Record<string, string>> = { one: "1", two: "2" };
const KNOWN: LearnedParameters = grouped([
  ["Device.WiFi.Radio.1.Alias", { value: "one" }],
  ["Device.WiFi.Radio.2.Alias", { value: "two" }],
]);

const key = deviceKey({ Manufacturer: "Acme", OUI: "00D09E", ProductClass: "IGD", SerialNumber: "1" });
assert.ok(key !== undefined);
const device = key;

const segment = fc.constantFrom(
  "Device",
  "InternetGatewayDevice",
  "WiFi",
  "Radio",
  "1",
  "2",
  "11",
  "Channel",
  "*",
);
const known = fc
  .tuple(fc.constantFrom(...PARAMETERS), fc.nat(4), fc.boolean())
  .map(([path, cut, isDotted]) => {
    const segments = path.split(".");
    const kept = segments.slice(0, Math.max(1, segments.length - cut));
    return kept.join(".") + (isDotted || kept.length < segments.length ? "." : "");
  });
const starred = known.map((path) => path.replace(/\.\d+\./, ".*."));
const prefix = fc.oneof(
  known,
  known,
  starred,
  fc.constant(""),
  fc.array(segment, { maxLength: 4 }).map((all) => all.join(".")),
);

/** What somebody tries who wants more than there is for them. */
const trick = fc.constantFrom<(path: string) => string>(
  (path) => path,
  (path) => path.replace(/\.\d+\./, ".[one]."),
  (path) => path.replace(/\.\d+\./, ".[two]."),
  (path) => path.replace(/\.\d+\./, ".[nobody]."),
  (path) => path.replace(/\.\d+\./, ".*."),
  (path) => path.toLowerCase(),
  (path) => path.replace("ManagementServer", "managementserver"),
  (path) => path.replace(".", ".."),
  (path) => `${path}.`,
  (path) => `${path}..`,
  (path) => path.replace(/\.$/, ""),
  (path) => ` ${path}`,
  (path) => `${path} `,
  (path) => `.${path}`,
  (path) => path.replace("1.", "01."),
);
const tried = fc.tuple(fc.oneof(known, starred), trick).map(([path, change]) => change(path));

const call: fc.Arbitrary<DeviceCall> = fc.oneof(
  fc
    .array(tried, { minLength: 1, maxLength: 3 })
    .chain((ParameterNames) =>
      fc
        .constantFrom("GetParameterValues", "GetParameterAttributes")
        .map((method): DeviceCall => ({ method, params: { ParameterNames } })),
    ),
  fc.tuple(tried, fc.boolean()).map(([ParameterPath, NextLevel]): DeviceCall => {
    return { method: "GetParameterNames", params: { ParameterPath, NextLevel } };
  }),
  fc.tuple(tried, tried).map(([one, other]): DeviceCall => {
    return {
      method: "SetParameterValues",
      params: {
        ParameterList: grouped([
          [one, "x"],
          [other, "y"],
        ]),
      },
    };
  }),
  // An object and its parameter may be cut elsewhere than at the last dot.
  fc.tuple(tried, fc.nat(60)).map(([path, at]): DeviceCall => {
    const params = { ParameterList: { [path.slice(0, at)]: { [path.slice(at)]: "x" } } };
    return { method: "SetParameterValues", params };
  }),
  tried.map((path): DeviceCall => {
    const params = { ParameterList: grouped([[path, { Notification: 2 }]]) };
    return { method: "SetParameterAttributes", params };
  }),
  fc.tuple(tried, fc.constantFrom("AddObject", "DeleteObject")).map(([ObjectName, method]): DeviceCall => {
    return { method, params: { ObjectName } };
  }),
  fc
    .constantFrom("Download", "FactoryReset", "X_00D09E_Run")
    .map((method): DeviceCall => ({ method, params: {} })),
);

const METHODS = [
  "GetParameterValues",
  "GetParameterAttributes",
  "GetParameterNames",
  "SetParameterValues",
  "SetParameterAttributes",
  "AddObject",
  "DeleteObject",
];

const grant: fc.Arbitrary<Rights> = fc
  .record({
    methods: fc.subarray(METHODS, { minLength: 4 }),
    read: fc.array(prefix, { maxLength: 3 }),
    write: fc.array(prefix, { maxLength: 3 }),
  })
  .map(({ methods, read, write }) => ({
    devices: { type: "keys", keys: [device] },
    methods: { type: "names", names: methods },
    read,
    write,
    channels: { type: "names", names: [] },
    acts: [],
    secrets: "hidden",
  }));

interface Facts {
  readonly tags: readonly string[];
  readonly software: string;
}

/** An expression, and what it means, said without it. */
interface Question {
  readonly text: string;
  readonly isTrue: (known: Facts) => boolean;
}

const TAGS = ["gold", "blue", "old"];
const facts: fc.Arbitrary<Facts> = fc.record({
  tags: fc.subarray(TAGS),
  software: fc.constantFrom("1.9", "1.10", "2.0"),
});
const { question } = fc.letrec<{ readonly question: Question; readonly asked: Question }>((tie) => ({
  question: fc.oneof(
    { maxDepth: 3 },
    tie("asked"),
    tie("question").map(({ text, isTrue }) => ({
      text: `not (${text})`,
      isTrue: (known: Facts) => !isTrue(known),
    })),
    fc.tuple(tie("question"), tie("question")).map(([one, other]) => ({
      text: `(${one.text}) and (${other.text})`,
      isTrue: (known: Facts) => one.isTrue(known) && other.isTrue(known),
    })),
    fc.tuple(tie("question"), tie("question")).map(([one, other]) => ({
      text: `(${one.text}) or (${other.text})`,
      isTrue: (known: Facts) => one.isTrue(known) || other.isTrue(known),
    })),
  ),
  asked: fc.oneof(
    fc
      .constantFrom(...TAGS)
      .map((tag) => ({ text: `tag = "${tag}"`, isTrue: ({ tags }: Facts) => tags.includes(tag) })),
    fc.constant({ text: "softwareVersion < 1.10", isTrue: ({ software }: Facts) => software === "1.9" }),
  ),
}));

const judging = {
  store: { parameters: async () => KNOWN, coveredDevices: async () => [] },
  clock: { now: () => 0 },
};

test("no grant reads or writes one parameter beyond what it names, however a device reads the path [GRANTS-PATH-1, GRANTS-PATH-2, GRANTS-METHOD-1, GRANTS-METHOD-2]", async (t) => {
  const { seed } = seededRandom((line) => t.diagnostic(line));
  let allowed = 0;
  const property = fc.asyncProperty(grant, call, async (rights, asked) => {
    const judged = await judge(device, { rpcs: [asked] }, { ...judging, rights });
    if (judged.type === "refused") return;
    allowed += 1;
    for (const rpc of judged.rpcs) assertWithin(rights, rpc);
  });
  await fc.assert(property, { numRuns: RUNS, seed });
  assert.ok(allowed > RUNS / 50, `only ${allowed} of ${RUNS} were allowed: the property says little`);
});

test("what a grant names it gives: each parameter can be read and written by its own path [GRANTS-PATH-1]", async (t) => {
  const { seed } = seededRandom((line) => t.diagnostic(line));
  const property = fc.asyncProperty(grant, fc.constantFrom(...PARAMETERS), async (rights, path) => {
    const all: Rights = { ...rights, methods: { type: "names", names: METHODS } };
    const read = { method: "GetParameterValues", params: { ParameterNames: [path] } };
    const write = { method: "SetParameterValues", params: { ParameterList: grouped([[path, "x"]]) } };
    const judged = async (rpc: DeviceCall) =>
      (await judge(device, { rpcs: [rpc] }, { ...judging, rights: all })).type;
    assert.equal(await judged(read), givenBy(rights.read, false).has(path) ? "allowed" : "refused", path);
    assert.equal(await judged(write), givenBy(rights.write, true).has(path) ? "allowed" : "refused", path);
  });
  await fc.assert(property, { numRuns: RUNS, seed });
});

test("a grant by an expression gives devices of which it is true when they are asked, and on them no parameter beyond [GRANTS-WHERE-1]", async (t) => {
  const { seed } = seededRandom((line) => t.diagnostic(line));
  let allowed = 0;
  const property = fc.asyncProperty(
    fc.record({
      given: grant,
      question,
      moments: fc.array(facts, { minLength: 2, maxLength: 4 }),
      asked: call,
    }),
    async ({ given, question: { text, isTrue }, moments, asked }) => {
      const expression = printExpression(expressionOf(text));
      const rights: Rights = { ...given, devices: { type: "expression", expression } };
      for (const { tags, software } of moments) {
        const store = { ...judging.store, coveredDevices: covering({ tags, software }) };
        const judged = await judge(device, { rpcs: [asked] }, { ...judging, rights, store });
        if (judged.type === "refused") continue;
        allowed += 1;
        assert.ok(isTrue({ tags, software }), `${text} of ${tags.join()} and ${software}`);
        for (const rpc of judged.rpcs) assertWithin(rights, rpc);
      }
    },
  );
  await fc.assert(property, { numRuns: RUNS, seed });
  assert.ok(allowed > RUNS / 100, `only ${allowed} were allowed: the property says little`);
});

test("what is true of a device by a grant's expression gives it all that a grant by its key does [GRANTS-WHERE-1]", async (t) => {
  const { seed } = seededRandom((line) => t.diagnostic(line));
  const property = fc.asyncProperty(
    fc.record({ given: grant, question, known: facts, asked: call }),
    async ({ given, question: { text, isTrue }, known, asked }) => {
      if (!isTrue(known)) return;
      const rights: Rights = { ...given, devices: { type: "expression", expression: text } };
      const store = { ...judging.store, coveredDevices: covering(known) };
      const byKey = await judge(device, { rpcs: [asked] }, { ...judging, rights: given });
      const byFacts = await judge(device, { rpcs: [asked] }, { ...judging, rights, store });
      assert.deepEqual(byFacts, byKey);
    },
  );
  await fc.assert(property, { numRuns: RUNS / 4, seed });
});

function assertWithin(rights: Rights, { method, params }: DeviceCall): void {
  assert.ok(rights.methods.type === "names" && rights.methods.names.includes(method), method);
  const isWrite = /^(?:Set|Add|Delete)/.test(method);
  const given = isWrite ? namedBy(rights.write) : givenBy(rights.read, false);
  for (const path of namesIn(params)) {
    // Whatever a device tells, what may not be read is taken out of its answer.
    const told = touchedBy(path).filter((touched) => isWrite || mayRead(touched, rights.read));
    for (const touched of told) assert.ok(given.has(touched), `${method} ${path} touches ${touched}`);
  }
}

function expressionOf(text: string): Expression {
  const read = parseExpression(text);
  assert.ok(read.ok, text);
  return read.value;
}

/** What a store answers that knows this of the device, and of no other. */
function covering({ tags, software }: Facts) {
  return async ({ where, now, devices }: CoverQuery): Promise<readonly DeviceKey[]> => {
    const known: KnownFacts = {
      ...{ now, values: () => [], hasObject: () => false },
      fact: (name) => (name === "tag" ? tags : name === "softwareVersion" ? software : undefined),
    };
    return devices.filter((each) => each === device && evaluate(where, known) === true);
  };
}

/** Every parameter that prefixes give, found by looking at all that there are, as a text. */
function givenBy(prefixes: readonly string[], isWrite: boolean): ReadonlySet<string> {
  const given = prefixes.flatMap((each) => {
    const isNamed = /^[^.]+\.ManagementServer(?:\.|$)/i.test(each);
    const pattern = new RegExp(`^${each.replaceAll(".", "\\.").replaceAll("*", "\\d+")}${endOf(each)}`);
    return PARAMETERS.filter((path) => pattern.test(path)).filter(
      (path) => !isWrite || isNamed || !path.includes(".ManagementServer."),
    );
  });
  return new Set(given);
}

/** The same for writing by the most lenient of devices, to which a path means the same with its last dot and without. */
function namedBy(prefixes: readonly string[]): ReadonlySet<string> {
  const objects = prefixes.map((each) => (each === "" || each.endsWith(".") ? each : `${each}.`));
  const parameters = objects.map((each) => each.replace(/\.$/, ""));
  return new Set([...givenBy(objects, true), ...givenBy(parameters, true)]);
}

function endOf(prefixText: string): string {
  return prefixText === "" || prefixText.endsWith(".") ? "" : "$";
}

/** Every text in the params that may be part of a path, however they are laid out. */
function namesIn(params: DeviceCall["params"]): readonly string[] {
  const { ParameterNames, ParameterPath, ObjectName, ParameterList } = params;
  const names: unknown[] = [ParameterNames, ParameterPath, ObjectName].flat();
  const lists = Object.entries(ParameterList ?? {}).flatMap(([object, leaves]: [string, unknown]) =>
    Object.keys(leaves ?? {}).map((leaf) => object + leaf),
  );
  return [...names.filter((name) => typeof name === "string"), ...lists];
}

/** What the most lenient of devices makes of a path: in any case, with blanks and dots too many, an object without its dot. */
function touchedBy(path: string): readonly string[] {
  const segments = path
    .trim()
    .toLowerCase()
    .split(".")
    .filter((each) => each !== "");
  return PARAMETERS.filter((parameter) => {
    const own = parameter.toLowerCase().split(".");
    return segments.every((each, index) => isMeant(each, own[index]));
  });
}

function isMeant(asked: string, own: string | undefined): boolean {
  if (own === undefined) return false;
  if (asked === "*") return /^\d+$/.test(own);
  const alias = /^\[(.+)\]$/.exec(asked)?.[1];
  if (alias !== undefined) return ALIASES[alias] === own;
  return asked === own || (/^\d+$/.test(asked) && Number(asked) === Number(own));
}

import type { DeviceQuirk, Model, ModelQuirk, QuirkList } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { UsageError } from "../command-error.ts";
import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { modelName, modelWords, readModel } from "../model-name.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { relativeTime } from "../time-words.ts";

const modelFlags = [
  {
    name: "model",
    value: "OUI-ProductClass",
    help: "in place of a device: all of that vendor and product class; the OUI alone where there is no product class",
  },
  { name: "software", value: "version", help: "with --model: only those that run this" },
] as const;

export const quirks = command({
  name: "quirks",
  section: "Devices",
  summary: "Show how a device differs from others",
  about: [
    "Devices depart from the standard in known ways. What the ACS does about them it learns from the device, takes from " +
      "other devices of the same model with the same software, or is told: `heliograph quirks set`. What is set comes " +
      "before what is learned; what is said of the device before what is said of its model.",
    "Without a device: what there is to know, and what is known of models.",
  ],
  arguments: [{ ...deviceArgument, takes: "at-most-one" }],
  flags: [jsonFlag, ...connectionFlags],
  examples: [
    { line: "quirks", shows: "the ways in which devices differ, and what is known of models" },
    { line: "quirks SN0001", shows: "what holds for a device, and where that comes from" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const name = given.text("device");
    if (name === undefined) {
      const list = await client.quirks.list();
      if (given.isOn("json")) showJson(terminal, list);
      else showQuirks(terminal, list);
      return exitCodes.done;
    }
    const { key } = await findDevice(client, name);
    const { items } = await client.devices.quirks(key);
    if (given.isOn("json")) showJson(terminal, items);
    else {
      const rows = items.map((quirk) => deviceRow(quirk, terminal.now()));
      showTable(terminal, { head: ["quirk", "value", "", "may be"], rows });
    }
    return exitCodes.done;
  },
});

export const quirksSet = command({
  name: "quirks set",
  section: "Devices",
  summary: "Say how a device or a model differs from others",
  about: [
    "It holds from the next session on, before everything that was learned; what is set for a device also before what is " +
      "set for its model.",
  ],
  arguments: [
    { ...deviceArgument, unless: "model" },
    {
      name: "name=value",
      takes: "at-least-one",
      help: "a quirk and its value, as `heliograph quirks` lists them",
    },
  ],
  flags: [...modelFlags, jsonFlag, ...connectionFlags],
  examples: [
    { line: "quirks set SN0001 declaration=present", shows: "it cannot read XML without a declaration" },
    {
      line: "quirks set --model 00D09E-IGD --software 2.1 fractions=dropped",
      shows: "this software refuses fractions of a second",
    },
  ],
  async run(given, terminal) {
    const choices = given.list("name=value").map(readChoice);
    const model = readModel(given.text("model"), given.text("software"));
    const client = connect(given, terminal);
    const owner = model ?? (await findDevice(client, given.one("device"))).key;
    const answers: object[] = [];
    for (const choice of choices) {
      answers.push(await setOne(client, owner, choice));
      if (!given.isOn("json")) terminal.out(`${choice.name} is ${choice.value} for ${wordsOf(owner)}`);
    }
    if (given.isOn("json")) showJson(terminal, answers);
    return exitCodes.done;
  },
});

export const quirksUnset = command({
  name: "quirks unset",
  section: "Devices",
  summary: "Take back what was said of a device or a model",
  arguments: [
    { ...deviceArgument, unless: "model" },
    { name: "name", takes: "at-least-one", help: "a quirk that was set" },
  ],
  flags: [...modelFlags, jsonFlag, ...connectionFlags],
  examples: [
    { line: "quirks unset SN0001 declaration", shows: "what it showed of itself holds again" },
    { line: "quirks unset --model 00D09E-IGD --software 2.1 fractions", shows: "the same of a model" },
  ],
  async run(given, terminal) {
    const model = readModel(given.text("model"), given.text("software"));
    const client = connect(given, terminal);
    const owner = model ?? (await findDevice(client, given.one("device"))).key;
    const answers: object[] = [];
    for (const name of given.list("name")) {
      const { answer, rest } = await unsetOne(client, owner, name);
      answers.push(answer);
      if (!given.isOn("json"))
        terminal.out(`${name} is not set for ${wordsOf(owner)}${rest(terminal.now())}`);
    }
    if (given.isOn("json")) showJson(terminal, answers);
    return exitCodes.done;
  },
});

/** The key of a device, or a model. */
type Owner = string | Model;

interface Choice {
  readonly name: string;
  readonly value: string;
}

function readChoice(word: string): Choice {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(word) ?? [];
  if (name === undefined || value === undefined) throw new UsageError(`"${word}" is not name=value`);
  return { name, value };
}

function setOne(client: Client, owner: Owner, choice: Choice): Promise<object> {
  return typeof owner === "string"
    ? client.devices.setQuirk(owner, choice)
    : client.quirks.set(owner, choice);
}

/** What the ACS answers, and what holds now, as the rest of a sentence. */
async function unsetOne(client: Client, owner: Owner, name: string) {
  if (typeof owner !== "string") {
    return { answer: await client.quirks.unset(owner, name), rest: () => "" };
  }
  const answer = await client.devices.unsetQuirk(owner, name);
  const rest = (now: number): string => `; it is ${answer.value} (${sourceWords(answer, now)})`;
  return { answer, rest };
}

function wordsOf(owner: Owner): string {
  return typeof owner === "string" ? owner : modelWords(owner);
}

function deviceRow(quirk: DeviceQuirk, now: number): readonly Cell[] {
  const { name, value, how, values } = quirk;
  const shown: Cell = how === "usual" ? value : { text: value, tone: "strong" };
  return [name, shown, sourceWords(quirk, now), quiet(values.join(", "))];
}

const OWNERS = {
  device: "the device",
  "model-and-software": "its model with its software",
  model: "its model",
} as const;

function sourceWords({ how, from, since, by }: Omit<DeviceQuirk, "values" | "meaning">, now: number): string {
  if (how === "usual" || from === undefined) return "usual";
  const way = how === "set" ? "set for" : "learned of";
  return [`${way} ${OWNERS[from]}`, ...noteWords({ since, by }, now)].join(" ");
}

interface Note {
  readonly since: string | undefined;
  readonly by: string | undefined;
}

function noteWords({ since, by }: Note, now: number): readonly string[] {
  return [
    ...(by === undefined ? [] : [`by ${by},`]),
    ...(since === undefined ? [] : [relativeTime(since, now)]),
  ];
}

function showQuirks(terminal: Terminal, { items, models }: QuirkList): void {
  showTable(terminal, {
    head: ["quirk", "is usually", "or", ""],
    rows: items.map(({ name, usual, values, meaning }) => [
      name,
      usual,
      values.filter((value) => value !== usual).join(", "),
      quiet(meaning),
    ]),
  });
  if (models.length === 0) {
    terminal.err("nothing is known of any model");
    return;
  }
  terminal.out("");
  const rows = models.flatMap(({ model, quirks: known }) =>
    known.map((quirk) => modelRow(model, quirk, terminal.now())),
  );
  showTable(terminal, { head: ["model", "software", "quirk", "value", ""], rows });
}

function modelRow(model: Model, { name, value, how, since, by }: ModelQuirk, now: number): readonly Cell[] {
  const source = [how, ...noteWords({ since, by }, now)].join(" ");
  return [modelName(model), model.softwareVersion ?? quiet("any"), name, value, source];
}

function quiet(text: string): Cell {
  return { text, tone: "quiet" };
}

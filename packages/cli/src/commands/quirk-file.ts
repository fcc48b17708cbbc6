import type { ImportedQuirk, QuirkImport } from "@heliograph/api";
import { ApiError, type Client } from "@heliograph/api/client";
import { readFile } from "node:fs/promises";
import { CommandError, UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import { rootMessage } from "../explain-error.ts";
import { lineOf } from "../json-place.ts";
import { modelName, readModel } from "../model-name.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import type { Terminal } from "../terminal.ts";

export const quirksExport = command({
  name: "quirks export",
  section: "Devices",
  summary: "Print what is known of models, to share it",
  about: [
    "It says what people set for models and what their devices taught: nothing of a single device, nobody's name, no time.",
  ],
  arguments: [],
  flags: [
    { name: "model", value: "OUI-ProductClass", help: "only this one, with all of its software" },
    { name: "software", value: "version", help: "with --model: only what is said of this" },
    ...connectionFlags,
  ],
  examples: [
    { line: "quirks export > quirks.json", shows: "all models" },
    { line: "quirks export --model 00D09E-IGD > igd.json", shows: "one model" },
  ],
  async run(given, terminal) {
    const model = readModel(given.text("model"), given.text("software"));
    showJson(terminal, await connect(given, terminal).quirks.export(model));
    return exitCodes.done;
  },
});

export const quirksImport = command({
  name: "quirks import",
  section: "Devices",
  summary: "Add what others know of models",
  about: [
    "What was set there is set here, what was learned there counts as learned. What was set here stays, unless --replace says " +
      "otherwise; what devices taught here always stays. All of the file is taken, or nothing.",
  ],
  arguments: [{ name: "file", help: "as `heliograph quirks export` prints it" }],
  flags: [
    { name: "dry-run", help: "only say what would change" },
    { name: "replace", help: "what was set here gives way" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "quirks import quirks.json --dry-run", shows: "what would change" },
    { line: "quirks import quirks.json", shows: "what has changed" },
  ],
  async run(given, terminal) {
    const name = given.one("file");
    const text = await readFile(name, "utf8").catch((error: unknown) => {
      throw new UsageError(`${name} cannot be read: ${rootMessage(error)}`);
    });
    const query = { dryRun: given.isOn("dry-run"), replace: given.isOn("replace") };
    const file = { name, text };
    const report = await importFile(connect(given, terminal), file, query);
    if (given.isOn("json")) showJson(terminal, report);
    else showReport(terminal, report);
    return exitCodes.done;
  },
});

interface NamedText {
  readonly name: string;
  readonly text: string;
}

async function importFile(
  client: Client,
  { name, text }: NamedText,
  query: { readonly dryRun: boolean; readonly replace: boolean },
): Promise<QuirkImport> {
  const parsed = parse({ name, text });
  try {
    return await client.quirks.import(parsed, query);
  } catch (error) {
    const errors = error instanceof ApiError ? (error.problem.errors ?? []) : [];
    const placed = errors.filter(({ at }) => at.startsWith("$"));
    if (placed.length === 0) throw error;
    const lines = placed.map(({ at, detail }) => `${name}:${lineOf(text, at)}: ${nameIn(at)} ${detail}`);
    throw new CommandError(`nothing of ${name} was taken`, exitCodes.refused, lines);
  }
}

function parse({ name, text }: NamedText): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError(`${name} is no JSON: ${rootMessage(error)}`, exitCodes.refused);
  }
}

/** What a path ends with. */
function nameIn(path: string): string {
  return path.split(".").at(-1) ?? path;
}

function showReport(terminal: Terminal, { dryRun, items }: QuirkImport): void {
  const news = items.filter(({ outcome }) => outcome !== "same");
  if (news.length > 0) {
    showTable(terminal, { head: ["model", "software", "quirk", "value", ""], rows: news.map(rowOf) });
  }
  const changed = items.filter(({ outcome }) => outcome === "added" || outcome === "replaced").length;
  const kept = items.filter(({ outcome }) => outcome === "kept").length;
  const done = dryRun ? "would change" : changed === 1 ? "has changed" : "have changed";
  terminal.err(`${changed} of ${items.length} ${done}${kept === 0 ? "" : `, ${kept} stay as they are here`}`);
}

function rowOf({ model, name, value, how, outcome, was = "" }: ImportedQuirk): readonly Cell[] {
  const words = {
    added: how,
    replaced: `${how}, in place of ${was}`,
    kept: `stays ${was}, as ${how} here`,
    same: "",
  };
  const software: Cell = model.softwareVersion ?? { text: "any", tone: "quiet" };
  return [modelName(model), software, name, value, words[outcome]];
}

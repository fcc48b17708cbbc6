import { readFile } from "node:fs/promises";
import { commands } from "./command-table.ts";
import { UsageError } from "./command-error.ts";
import type { Command } from "./command.ts";
import { exitCodes, type ExitCode } from "./exit-code.ts";
import { explainError } from "./explain-error.ts";
import { readGiven } from "./read-given.ts";
import { commandHelp, groupHelp, overview, usage } from "./help.ts";
import { isJsonObject, parseJson } from "./json-object.ts";
import { printable } from "./output.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command line, without the program's own name. Rejects never. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [first, ...rest] = args;
  if (first === undefined) {
    terminal.err(overview(commands, terminal.columns));
    return exitCodes.refused;
  }
  if (first === "--version") {
    terminal.out(await ownVersion());
    return exitCodes.done;
  }
  if (first === "help") return showHelp(rest, terminal);
  const separator = args.indexOf("--");
  const before = separator < 0 ? args : args.slice(0, separator);
  if (before.some(isHelp))
    return showHelp(
      before.filter((word) => !isHelp(word)),
      terminal,
    );
  return runCommand(args, terminal);
}

async function ownVersion(): Promise<string> {
  const manifest = parseJson(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  const version = isJsonObject(manifest) ? manifest["version"] : undefined;
  return typeof version === "string" ? version : "unknown";
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const command = commandOf(args);
  if (command === undefined) return refuseName(args, terminal);
  try {
    const given = readGiven(command, args.slice(command.name.split(" ").length));
    return await command.run(given, terminal);
  } catch (error) {
    const { lines, exitCode } = explainError(error);
    const [first = "", ...rest] = lines;
    terminal.err(printable(`heliograph: ${first}`));
    for (const line of rest) terminal.err(`  ${printable(line)}`);
    if (error instanceof UsageError) {
      terminal.err(usage(command));
      terminal.err(`heliograph ${command.name} --help says more`);
    }
    return exitCode;
  }
}

/** Where one word is a command, and a second one makes it another, it is that other. */
function commandOf(args: readonly string[]): Command | undefined {
  const [longest] = commands
    .filter(({ name }) => name.split(" ").every((word, index) => args[index] === word))
    .toSorted((a, b) => b.name.length - a.name.length);
  return longest;
}

function groupOf(word: string | undefined): readonly Command[] {
  return commands.filter(({ name }) => name.split(" ").length > 1 && name.split(" ")[0] === word);
}

function showHelp(args: readonly string[], terminal: Terminal): ExitCode {
  if (args.length === 0) {
    terminal.out(overview(commands, terminal.columns));
    return exitCodes.done;
  }
  const command = commandOf(args);
  const group = groupOf(args[0]);
  if (command !== undefined) terminal.out(commandHelp(command, terminal.columns));
  else if (group.length > 0) terminal.out(groupHelp(group, terminal.columns));
  else return refuseName(args, terminal);
  return exitCodes.done;
}

function refuseName([word = ""]: readonly string[], terminal: Terminal): ExitCode {
  const group = groupOf(word);
  if (group.length > 0) {
    terminal.err(groupHelp(group, terminal.columns));
    return exitCodes.refused;
  }
  const alike = commands.map(({ name }) => name).filter((name) => isAlike(name, word));
  const hint = alike.length === 0 ? "" : `; did you mean ${alike.join(" or ")}?`;
  terminal.err(
    word.startsWith("-")
      ? `heliograph: flags stand behind the command: heliograph <command> ${word}`
      : `heliograph: there is no command "${word}"${hint}`,
  );
  terminal.err("heliograph --help lists the commands");
  return exitCodes.refused;
}

function isAlike(name: string, word: string): boolean {
  const beginning = word.toLowerCase().slice(0, 3);
  return beginning.length === 3 && name.startsWith(beginning);
}

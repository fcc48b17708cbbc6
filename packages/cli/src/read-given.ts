import { parseArgs } from "node:util";
import { UsageError } from "./command-error.ts";
import type { Argument, Command, Flag } from "./command.ts";
import type { Given } from "./given.ts";

interface Written {
  readonly flags: ReadonlyMap<string, string | boolean>;
  readonly words: readonly string[];
}

/** Reads what stands behind a command's name. Throws {@link UsageError} where it is not as the help says. */
export function readGiven(command: Command, args: readonly string[]): Given {
  const { flags, words } = split(command, args);
  const lists = assign(
    command.arguments.filter(({ unless }) => unless === undefined || !flags.has(unless)),
    words,
  );
  const defaults = new Map(command.flags.map((flag) => [flag.name, flag.default]));
  const text = (name: string): string | undefined => {
    const flag = flags.get(name);
    return typeof flag === "string" ? flag : (lists.get(name)?.[0] ?? defaults.get(name));
  };
  return {
    text,
    one: (name) => text(name) ?? "",
    list: (name) => lists.get(name) ?? [],
    isOn: (name) => flags.get(name) === true,
    number: (name) => readNumber(name, text(name)),
    written: () => Object.fromEntries(flags),
  };
}

const SIGNED = /^-[^-]/;

function split(command: Command, all: readonly string[]): Written {
  const isSigned = command.arguments.some(({ signed }) => signed === true);
  const signed = isSigned ? all.filter((word) => SIGNED.test(word)) : [];
  const { tokens } = parseArgs({
    args: all.filter((word) => !signed.includes(word)),
    options: Object.fromEntries(
      command.flags.map(({ name, value }) => [name, { type: value === undefined ? "boolean" : "string" }]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const flags = new Map<string, string | boolean>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const flag = command.flags.find(({ name }) => `--${name}` === token.rawName);
    if (flag === undefined) throw new UsageError(`heliograph ${command.name} has no flag ${token.rawName}`);
    flags.set(flag.name, readFlag(flag, token.value));
  }
  return { flags, words: [...words, ...signed] };
}

function readFlag({ name, value }: Flag, written: string | undefined): string | boolean {
  if (value === undefined) {
    if (written !== undefined) throw new UsageError(`--${name} is a switch and takes no value`);
    return true;
  }
  if (written === undefined || written.startsWith("--")) {
    throw new UsageError(`--${name} needs a value: --${name} ${value}`);
  }
  return written;
}

/** Gives each argument its words. */
function assign(
  places: readonly Argument[],
  words: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, readonly string[]>();
  let rest = words;
  for (const argument of places) {
    const count = argument.takes === "any" || argument.takes === "at-least-one" ? rest.length : 1;
    const own = rest.slice(0, count);
    rest = rest.slice(count);
    if (own.length === 0 && !mayBeLeftOut(argument)) throw new UsageError(`<${argument.name}> is missing`);
    lists.set(argument.name, own);
  }
  const [surplus] = rest;
  if (surplus !== undefined) throw new UsageError(`"${surplus}" is one argument too many`);
  return lists;
}

function mayBeLeftOut({ takes }: Argument): boolean {
  return takes === "any" || takes === "at-most-one";
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && Number.isFinite(number)) return number;
  throw new UsageError(`--${name} must be a number; it is "${text}"`);
}

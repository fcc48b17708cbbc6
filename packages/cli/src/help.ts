import { sections, type Argument, type Command, type Flag } from "./command.ts";
import { exitCodeMeanings, exitCodes } from "./exit-code.ts";

const MAX_COLUMNS = 100;
/** The texts beside names begin at most here; a longer name has its text below it. */
const MAX_NAME_COLUMNS = 26;

const helpFlag: Flag = { name: "help", help: "this text" };

type Row = readonly [name: string, text: string];

/** The help of the whole command. */
export function overview(commands: readonly Command[], columns: number): string {
  const blocks = sections.map((section) => {
    const rows = commands
      .filter((command) => command.section === section)
      .map((command): Row => [command.name, command.summary]);
    return block(section, rows, columns);
  });
  return [
    "heliograph: an ACS for TR-069 devices, and the commands to work with it",
    "Usage: heliograph <command> [arguments] [flags]",
    ...blocks,
    exitCodeBlock(columns),
    "heliograph <command> --help says more of each; heliograph --version says which version this is.",
  ].join("\n\n");
}

/** The help of some commands of one first word, `tokens`. */
export function groupHelp(commands: readonly Command[], columns: number): string {
  const rows = commands.map((command): Row => [command.name, command.summary]);
  return [block("Commands", rows, columns), "heliograph <command> --help says more of each."].join("\n\n");
}

/** The help of one command. */
export function commandHelp(command: Command, columns: number): string {
  const headings = Map.groupBy([...command.flags, helpFlag], ({ heading }) => heading ?? "Flags");
  return [
    wrap(`heliograph ${command.name}: ${command.summary}`, width(columns)).join("\n"),
    usage(command),
    ...(command.about ?? []).map((paragraph) => wrap(paragraph, width(columns)).join("\n")),
    ...(command.arguments.length === 0
      ? []
      : [
          block(
            "Arguments",
            command.arguments.map(({ name, help }): Row => [name, help]),
            columns,
          ),
        ]),
    ...[...headings].map(([heading, flags]) => block(heading, flags.map(flagRow), columns)),
    [
      "Examples:",
      ...command.examples.flatMap(({ line, shows }) => [`  heliograph ${line}`, `      ${shows}`]),
    ].join("\n"),
    exitCodeBlock(columns),
  ].join("\n\n");
}

/** How a command is written, in a line. */
export function usage({ name, arguments: list }: Command): string {
  return ["Usage: heliograph", name, ...list.map(placeOf), "[flags]"].join(" ");
}

function placeOf({ name, takes, unless }: Argument): string {
  if (unless !== undefined) return `<${name}>|--${unless}`;
  if (takes === undefined) return `<${name}>`;
  if (takes === "at-least-one") return `<${name}…>`;
  return takes === "any" ? `[${name}…]` : `[${name}]`;
}

function flagRow({ name, value, help, default: standard }: Flag): Row {
  const written = value === undefined ? `--${name}` : `--${name} ${value}`;
  return [written, standard === undefined ? help : `${help} (default: ${standard})`];
}

function exitCodeBlock(columns: number): string {
  const rows = Object.entries(exitCodeMeanings).map(([name, meaning]): Row => [codeOf(name), meaning]);
  return block("Exit codes", rows, columns);
}

function codeOf(name: string): string {
  return String(new Map<string, number>(Object.entries(exitCodes)).get(name));
}

function block(heading: string, rows: readonly Row[], columns: number): string {
  const names = rows.map(([name]) => name.length).filter((length) => length <= MAX_NAME_COLUMNS);
  const column = Math.max(0, ...names) + 2;
  return [`${heading}:`, ...rows.flatMap((row) => rowLines(row, column, columns))].join("\n");
}

function rowLines([name, text]: Row, column: number, columns: number): readonly string[] {
  const indent = " ".repeat(column + 2);
  const lines = wrap(text, width(columns) - indent.length);
  const [first = "", ...rest] = lines.map((line) => indent + line);
  if (name.length + 2 > column) return [`  ${name}`, first, ...rest];
  return [`  ${name}`.padEnd(indent.length) + first.slice(indent.length), ...rest];
}

/** Breaks a text between words. */
function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

function width(columns: number): number {
  return Math.min(Math.max(columns, 40), MAX_COLUMNS);
}

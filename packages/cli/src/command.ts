import type { ExitCode } from "./exit-code.ts";
import type { Given } from "./given.ts";
import type { Terminal } from "./terminal.ts";

/** One command: what its help says, what it takes, what it does. `N` are the names of its arguments and flags. */
export interface Command<N extends string = string> {
  /** One word, or two: `tokens list`. */
  readonly name: string;
  readonly section: Section;
  /** What it does, in a line. */
  readonly summary: string;
  /** Further paragraphs of its help. */
  readonly about?: readonly string[];
  readonly arguments: readonly Argument<N>[];
  readonly flags: readonly Flag<N>[];
  readonly examples: readonly Example[];
  run(given: Given<N>, terminal: Terminal): Promise<ExitCode>;
}

/** Headings of the overview, in its order. */
export const sections = [
  "The server",
  "Devices",
  "Calling a device",
  "Files",
  "What happens",
  "Access",
  "The light transport",
] as const;
export type Section = (typeof sections)[number];

export interface Argument<N extends string = string> {
  readonly name: N;
  readonly help: string;
  /** Left out: exactly one. Only the last argument takes another number. */
  readonly takes?: "at-most-one" | "any" | "at-least-one";
  /** The flag that stands in its place. */
  readonly unless?: N;
  /** Its words may begin with a dash, as those of no flag do. */
  readonly signed?: true;
}

export interface Flag<N extends string = string> {
  readonly name: N;
  /** What stands after it; none for a switch. */
  readonly value?: string;
  readonly default?: string;
  readonly help: string;
  /** Where it stands in the help; left out: among the command's own flags. */
  readonly heading?: string;
}

export interface Example {
  /** Without the leading `heliograph`. */
  readonly line: string;
  readonly shows: string;
}

/** Checks a command's use of its own argument and flag names; the table holds them all as plain commands. */
export function command<const N extends string>(definition: Command<N>): Command {
  return definition;
}

/** Of every command that shows something. */
export const jsonFlag = {
  name: "json",
  help: "JSON on standard output, as the API has it, for programs",
} as const satisfies Flag;

export const deviceArgument = {
  name: "device",
  help: "its key, or a part of the key or serial number that no other device has",
} as const satisfies Argument;

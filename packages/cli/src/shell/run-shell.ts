import { UsageError } from "../command-error.ts";
import { exitCodes, type ExitCode } from "../exit-code.ts";
import { explainError } from "../explain-error.ts";
import { printable, showTable } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { isOver, type Admission } from "./admission.ts";
import { complete } from "./complete.ts";
import { shellCommands } from "./shell-commands.ts";
import { wordsOf } from "./shell-line.ts";
import type { ShellSession } from "./shell-session.ts";

export interface Shell {
  readonly session: ShellSession;
  readonly admission: Admission;
  /** Is told of every line that is carried out. */
  readonly note: (line: string) => void;
}

/** What became of a line. */
type Carried = ExitCode | "leave";

const NAMES = [...shellCommands.map(({ name }) => name), "help", "exit"];
const ENDED = "the ACS lets you in no longer: the grant has expired or was revoked";

/** Carries out what a person types until they leave, or may stay no longer. */
export async function runShell(shell: Shell): Promise<ExitCode> {
  const { session, admission } = shell;
  const { terminal, paths } = session;
  using prompt = terminal.prompt({ complete: (line) => complete(line, { commands: NAMES, paths }) });
  using killed = terminal.interruption();
  const ends = AbortSignal.any([killed.signal, admission.over]);
  for (;;) {
    const line = await prompt.next("heliograph> ", ends);
    if (admission.over.aborted) return sayOver(terminal);
    if (line === undefined) return exitCodes.done;
    using interruption = prompt.interruption();
    const signal = AbortSignal.any([interruption.signal, ends]);
    const carried = await carryLine(line, shell, signal);
    if (carried === "leave") return exitCodes.done;
  }
}

/** Carries out lines that stand fast, up to the first that does not go well. */
export async function runLines(lines: readonly string[], shell: Shell): Promise<ExitCode> {
  const { admission, session } = shell;
  using interruption = session.terminal.interruption();
  const signal = AbortSignal.any([interruption.signal, admission.over]);
  for (const line of lines) {
    const carried = await carryLine(line, shell, signal);
    if (admission.over.aborted) return sayOver(session.terminal);
    if (carried === "leave") return exitCodes.done;
    if (carried !== exitCodes.done) return carried;
  }
  return exitCodes.done;
}

async function carryLine(
  line: string,
  { session, note, admission }: Shell,
  signal: AbortSignal,
): Promise<Carried> {
  const { terminal } = session;
  note(line);
  try {
    const words = wordsOf(line);
    if (words === undefined) throw new UsageError("a quote is not closed");
    const [name, ...rest] = words;
    if (name === undefined) return exitCodes.done;
    if (name === "exit" || name === "quit") return "leave";
    if (name === "help") return showHelp(terminal);
    const command = shellCommands.find((each) => each.name === name);
    if (command === undefined) throw new UsageError(`there is no "${name}" here; help lists what there is`);
    return await command.run(rest, session, signal);
  } catch (error) {
    if (isOver(error)) admission.end();
    if (admission.over.aborted) return exitCodes.unauthorised;
    if (signal.aborted) return exitCodes.running;
    const { lines, exitCode } = explainError(error);
    for (const each of lines) terminal.err(printable(each));
    return exitCode;
  }
}

function showHelp(terminal: Terminal): ExitCode {
  const rows = shellCommands.map(({ name, takes, summary }) => [`${name} ${takes}`.trimEnd(), summary]);
  showTable(terminal, { rows: [...rows, ["exit", "leave; Ctrl-D does, too"]] });
  return exitCodes.done;
}

function sayOver(terminal: Terminal): ExitCode {
  terminal.err(ENDED);
  return exitCodes.unauthorised;
}

import type { JsonValue } from "@heliograph/api";
import { DeviceFaultError, NoResultError } from "@heliograph/api/client";
import { setTimeout } from "node:timers/promises";
import { CommandError, UsageError } from "../command-error.ts";
import { readDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-code.ts";
import { showTable } from "../output.ts";
import { entriesOf, readValue } from "../parameter-value.ts";
import { clockTime } from "../time-words.ts";
import type { ShellSession } from "./shell-session.ts";

interface Watching {
  readonly paths: readonly string[];
  readonly everyMs: number;
  readonly times: number;
}

const EVERY_MS = 5_000;
/** A device is not asked more often. */
const SHORTEST_MS = 1_000;
/** As long as the API waits. */
const LONGEST_WAIT_SECONDS = 60;
const OPTION = /^(every|times)=(.*)$/;

/** Reads values again and again, and shows all of them once, then those that changed. */
export async function watchValues(
  words: readonly string[],
  session: ShellSession,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { paths, everyMs, times } = readWatching(words);
  const shown = new Map<string, string>();
  for (let round = 1; !signal.aborted; round += 1) {
    showChanges(await readOnce(paths, session, signal), { shown, session });
    if (round >= times) break;
    await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
  }
  session.terminal.err(`${shown.size} watched`);
  return exitCodes.done;
}

/** The values as they are now; undefined where the device did not say them in time. */
async function readOnce(
  paths: readonly string[],
  { client, device, terminal, waitMs }: ShellSession,
  signal: AbortSignal,
): Promise<JsonValue | undefined> {
  const params = { ParameterNames: [...paths] };
  const wait = Math.min(Math.ceil(waitMs / 1_000), LONGEST_WAIT_SECONDS);
  try {
    return (await client.call(device, "GetParameterValues", { params, wait, signal }))["ParameterList"];
  } catch (error) {
    if (error instanceof DeviceFaultError) throw new CommandError(error.message, exitCodes.ended);
    if (!(error instanceof NoResultError)) throw error;
    terminal.err(`${error.message}; it is asked again`);
    return undefined;
  }
}

function showChanges(
  list: JsonValue | undefined,
  {
    shown,
    session: { terminal, paths },
  }: { readonly shown: Map<string, string>; readonly session: ShellSession },
): void {
  const values = entriesOf(list).map(([path, value]) => [path, readValue(value).text] as const);
  const changed = values.filter(([path, text]) => shown.get(path) !== text);
  for (const [path, text] of changed) {
    paths.add(path);
    shown.set(path, text);
  }
  if (changed.length === 0) return;
  const at = clockTime(new Date(terminal.now()).toISOString());
  showTable(terminal, { rows: changed.map((row) => [{ text: at, tone: "quiet" }, ...row]) });
}

function readWatching(words: readonly string[]): Watching {
  const options = new Map(
    words.flatMap((word) => {
      const [, name, value = ""] = OPTION.exec(word) ?? [];
      return name === undefined ? [] : [[name, value] as const];
    }),
  );
  const paths = words.filter((word) => !OPTION.test(word));
  if (paths.length === 0) throw new UsageError("a path is missing");
  const every = options.get("every");
  const everyMs = every === undefined ? EVERY_MS : readDuration("every", every);
  if (everyMs < SHORTEST_MS) throw new UsageError("every must be 1s or more");
  const times = Number(options.get("times") ?? Infinity);
  if (!(times >= 1)) throw new UsageError("times must be 1 or more");
  return { paths, everyMs, times };
}

import type { JsonValue } from "@heliograph/api";
import { UsageError } from "../command-error.ts";
import { readDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-code.ts";
import { onLost, wayLine } from "../live-words.ts";
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
const OPTION = /^(every|times)=(.*)$/;

/**
 * Shows values once, then those that change, as the device tells them or the ACS reads them, until it is enough. Who waits for so
 * many, as scripts do, does not wait where nothing is to be seen.
 */
export async function watchValues(
  words: readonly string[],
  session: ShellSession,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { client, device, terminal } = session;
  const { paths, everyMs, times } = readWatching(words);
  const shown = new Map<string, string>();
  let left = times;
  const interval = Math.ceil(everyMs / SHORTEST_MS);
  const live = client.live(device, paths, { interval, changes: true, signal, onLost: onLost(terminal) });
  try {
    for await (const said of live) {
      if (said.type === "way") {
        terminal.err(wayLine(said));
        if (said.detail !== undefined && left !== Infinity && shown.size === 0) return exitCodes.ended;
      } else {
        showChanges(said.values, { shown, session });
        left -= 1;
      }
      if (left === 0) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  terminal.err(`${shown.size} watched`);
  return exitCodes.done;
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

import type { LiveMessage } from "@heliograph/api";
import type { WatchLiveOptions } from "@heliograph/api/client";
import { UsageError } from "../command-error.ts";
import { command, deviceArgument } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { readDuration } from "../duration.ts";
import { exitCodes } from "../exit-code.ts";
import { onLost, wayLine } from "../live-words.ts";
import { paint } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { clockTime } from "../time-words.ts";

export const live = command({
  name: "live",
  section: "What happens",
  summary: "Watch values of a device as they are",
  about: [
    "A line for each value that is not what it was, until Ctrl-C. A path that ends with a dot stands for everything below it, " +
      "and * for every instance.",
    "A device on the light transport tells by itself, and only while somebody watches. Any other is read, every 30 s at most; " +
      "which way it goes is said first.",
  ],
  arguments: [deviceArgument, { name: "path", takes: "any", help: "a parameter, or a partial path" }],
  flags: [
    { name: "interval", value: "time", help: "how often, at least 1s; else every 10s" },
    { name: "changes", help: "whenever a value changes, and at no other time unless --interval says so" },
    { name: "json", help: "one JSON object to a line, as the API has it, for programs" },
    ...connectionFlags,
  ],
  examples: [
    {
      line: "live SN0001 Device.WiFi.Radio.*.Channel --changes",
      shows: "the channels of its radios, now and whenever one changes",
    },
    {
      line: "live SN0001 Device.WiFi.Radio.1.Stats. --interval 1s --json",
      shows: "the counters of a radio every second, for a program",
    },
  ],
  async run(given, terminal) {
    const paths = given.list("path");
    if (paths.length === 0) throw new UsageError("<path> is missing: what is to be watched?");
    using interruption = terminal.interruption();
    const { signal } = interruption;
    const options = { ...often(given.text("interval")), ...(given.isOn("changes") ? { changes: true } : {}) };
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const known = new Map<string, string>();
    try {
      for await (const said of client.live(key, paths, { ...options, signal, onLost: onLost(terminal) })) {
        if (given.isOn("json")) terminal.out(JSON.stringify(said));
        else show(said, known, terminal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return exitCodes.done;
  },
});

function often(text: string | undefined): Pick<WatchLiveOptions, "interval"> {
  if (text === undefined) return {};
  const interval = Math.round(readDuration("interval", text) / 1_000);
  if (interval < 1) throw new UsageError(`--interval must be at least 1s; it is "${text}"`);
  return { interval };
}

function show(said: LiveMessage, known: Map<string, string>, terminal: Terminal): void {
  if (said.type === "way") terminal.err(wayLine(said));
  else for (const line of newLines(said, known, terminal)) terminal.out(line);
}

/** What is as it was is not shown again. */
function newLines(
  { at, values }: Extract<LiveMessage, { readonly type: "values" }>,
  known: Map<string, string>,
  terminal: Terminal,
): readonly string[] {
  const leaves = Object.entries(values).flatMap(([object, inner]) =>
    Object.entries(inner ?? {}).map(([leaf, value]) => [object + leaf, JSON.stringify(value)] as const),
  );
  const news = leaves.filter(([path, value]) => known.get(path) !== value);
  for (const [path, value] of news) known.set(path, value);
  return news.map(
    ([path, value]) => `${clockTime(at)}  ${paint(terminal, path)} = ${paint(terminal, value)}`,
  );
}

import type { Trace, TracedMessage } from "@heliograph/api";
import { ApiError, type Client } from "@heliograph/api/client";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UsageError } from "../command-error.ts";
import { command, deviceArgument } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { readDuration } from "../duration.ts";
import { exitCodes } from "../exit-code.ts";
import { rootMessage } from "../explain-error.ts";
import type { Given } from "../given.ts";
import { paint, showJson, type Tone } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { clockTime, relativeTime } from "../time-words.ts";

type Flags = "for" | "follow" | "save" | "off" | "json";

export const trace = command({
  name: "trace",
  section: "What happens",
  summary: "Keep what one device and the ACS say to each other, and show it",
  about: [
    "Switches the trace on for a while; where it is on already it goes on as it is, unless --for says for how long. Every message of the device and to it is kept, over " +
      "whatever it speaks, connection requests included, and without passwords, keys and tokens.",
    "With --save alone, nothing is switched: what is kept is written to a file. --follow ends with the trace, or by Ctrl-C.",
  ],
  arguments: [deviceArgument],
  flags: [
    { name: "for", value: "time", help: "switch it on for so long from now, at most 24h; else for 30min" },
    { name: "follow", help: "show its messages as they come, those that are kept first" },
    {
      name: "save",
      value: "file",
      help: "write what is kept to this file; one that is there is not replaced",
    },
    { name: "off", help: "switch it off; what is kept stays for seven days" },
    { name: "json", help: "JSON for programs: the trace; a message to a line with --follow or --save" },
    ...connectionFlags,
  ],
  examples: [
    {
      line: "trace SN0001 --for 10min --follow",
      shows: "what is said from now on, and what was kept before",
    },
    { line: "trace SN0001 --save sn0001.txt", shows: "nothing; the file has all that is kept" },
    { line: "trace SN0001 --off", shows: "that it is off, and how much is kept" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const asked = { client, key, given };
    if (given.isOn("off")) showTrace(await client.traces.switchOff(key), asked, terminal);
    else if (isSwitchedOn(given)) await switchOn(asked, terminal);
    if (given.isOn("follow")) await follow(asked, terminal);
    const path = given.text("save");
    if (path !== undefined) await save(asked, path);
    return exitCodes.done;
  },
});

interface Asked {
  readonly client: Client;
  readonly key: string;
  readonly given: Pick<Given<Flags>, "text" | "isOn">;
}

function isSwitchedOn(given: Asked["given"]): boolean {
  return given.text("save") === undefined || given.text("for") !== undefined || given.isOn("follow");
}

async function switchOn(asked: Asked, terminal: Terminal): Promise<void> {
  const { client, key, given } = asked;
  const length = given.text("for");
  const seconds = length === undefined ? undefined : Math.ceil(readDuration("for", length) / 1_000);
  if (seconds !== undefined && (seconds < 1 || seconds > MOST_SECONDS))
    throw new UsageError(`--for must be between 1s and 24h; it is "${length ?? ""}"`);
  const state =
    seconds === undefined
      ? await keepOn(asked, terminal)
      : await client.traces.switchOn(key, { for: seconds });
  if (given.isOn("follow")) terminal.err(traceLine(state, terminal));
  else showTrace(state, asked, terminal);
}

/** One that is on already goes on as long as it was to, so that who follows it changes nothing for others. */
async function keepOn({ client, key }: Asked, terminal: Terminal): Promise<Trace> {
  const known = await traceOf(client, key);
  if (known?.on !== true) return client.traces.switchOn(key, {});
  terminal.err("the trace is on already; --for switches it on anew");
  return known;
}

/** Undefined where the device was never traced. */
async function traceOf(client: Client, key: string): Promise<Trace | undefined> {
  try {
    return (await client.traces.get(key, { limit: 1 })).trace;
  } catch (error) {
    if (error instanceof ApiError && error.reason === "not-traced") return undefined;
    throw error;
  }
}

const MOST_SECONDS = 86_400;

function showTrace(state: Trace, { given }: Asked, terminal: Terminal): void {
  if (given.isOn("json")) showJson(terminal, state);
  else terminal.out(traceLine(state, terminal));
}

function traceLine({ device, on, until, messages }: Trace, terminal: Terminal): string {
  const kept = `${messages} ${messages === 1 ? "message is" : "messages are"} kept`;
  return `the trace of ${device} is ${on ? `on, and ends ${relativeTime(until, terminal.now())}` : "off"}; ${kept}`;
}

async function follow({ client, key, given }: Asked, terminal: Terminal): Promise<void> {
  using interruption = terminal.interruption();
  const { signal } = interruption;
  const onLost = (error: unknown, waitMs: number): void => {
    const seconds = Math.ceil(waitMs / 1_000);
    terminal.err(`the trace was lost (${rootMessage(error)}); trying again in ${seconds} s`);
  };
  try {
    for await (const message of client.traces.follow(key, { signal, onLost })) {
      if (given.isOn("json")) terminal.out(JSON.stringify(message));
      else for (const line of linesOf(message, terminal)) terminal.out(line);
    }
    terminal.err("the trace has ended");
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function save({ client, key, given }: Asked, path: string): Promise<void> {
  const format = given.isOn("json") ? "json" : "text";
  const { body } = await client.traces.download(key, { format });
  if (body !== null) await pipeline(Readable.fromWeb(body), createWriteStream(path, { flags: "wx" }));
}

const ARROWS: Readonly<Record<TracedMessage["direction"], { readonly text: string; readonly tone: Tone }>> = {
  received: { text: "<<<", tone: "good" },
  sent: { text: ">>>", tone: "strong" },
  noted: { text: "---", tone: "unsure" },
};

function linesOf(message: TracedMessage, terminal: Terminal): readonly string[] {
  const { id, at, direction, binding, session, note, head, text, cut } = message;
  const facts = [binding, session === undefined ? undefined : `session ${session}`, note];
  const said = facts.filter((each) => each !== undefined).join(", ");
  const title = [paint(terminal, ARROWS[direction]), clockTime(at), `#${id}`, paint(terminal, said)];
  const body = [head, text].filter((part) => part !== undefined).join("\n");
  const lines = body === "" ? [] : body.split(/\r?\n/).map((line) => paint(terminal, line));
  return [title.join("  ").trimEnd(), ...lines, ...(cut === true ? ["(the end is cut off)"] : []), ""];
}

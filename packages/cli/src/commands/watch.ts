import type { DeviceEvent } from "@heliograph/api";
import type { Client, FollowOptions } from "@heliograph/api/client";
import { command, deviceArgument } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { rootMessage } from "../explain-error.ts";
import { paint, type Tone } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { clockTime } from "../time-words.ts";

export const watch = command({
  name: "watch",
  section: "What happens",
  summary: "Show events as they happen, of all devices or of one",
  about: [
    "One line for each event: its id, when, which device, what, and what belongs to it. A lost connection is " +
      "opened again where it broke off, so nothing is missed and nothing shown twice. Ctrl-C ends it.",
  ],
  arguments: [{ ...deviceArgument, takes: "at-most-one" }],
  flags: [
    {
      name: "since",
      value: "id",
      help: "begin after this event; 0 is the oldest kept; else with what comes next",
    },
    { name: "names", value: "name,…", help: "only events of these names, such as boot,value-change" },
    { name: "json", help: "one JSON object to a line, as the API has it, for programs" },
    ...connectionFlags,
  ],
  examples: [
    { line: "watch", shows: "everything" },
    { line: "watch SN0001 --names boot,operation", shows: "its boots and what becomes of operations on it" },
    {
      line: "watch --names connected,disconnected",
      shows: "who comes to the light transport, and who leaves it",
    },
    { line: "watch --since 0 --json", shows: "all events that are kept, then what comes, for a program" },
  ],
  async run(given, terminal) {
    using interruption = terminal.interruption();
    const { signal } = interruption;
    const client = connect(given, terminal);
    const device = await checkReach(client, given.text("device"));
    const after = given.number("since");
    const names = given.text("names")?.split(",");
    const events = client.events({
      signal,
      onLost: onLost(terminal),
      ...(device === undefined ? {} : { device }),
      ...(after === undefined ? {} : { after }),
      ...(names === undefined ? {} : { names }),
    });
    try {
      for await (const event of events) {
        terminal.out(given.isOn("json") ? JSON.stringify(event) : eventLine(event, terminal));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return exitCodes.done;
  },
});

/** A stream would try for ever; a wrong URL, token or name is better said at once. */
async function checkReach(client: Client, name: string | undefined): Promise<string | undefined> {
  if (name !== undefined) return (await findDevice(client, name)).key;
  await client.devices.list({ limit: 1 });
  return undefined;
}

function onLost(terminal: Terminal): NonNullable<FollowOptions["onLost"]> {
  return (error, waitMs) => {
    const seconds = Math.ceil(waitMs / 1_000);
    terminal.err(`the event stream was lost (${rootMessage(error)}); trying again in ${seconds} s`);
  };
}

/** What changes how a device is reached stands out. */
const TONES: ReadonlyMap<string, Tone> = new Map([
  ["connected", "good"],
  ["disconnected", "unsure"],
  ["light-lapsed", "unsure"],
]);

function eventLine({ id, at, device, name, operation, data }: DeviceEvent, terminal: Terminal): string {
  const members = Object.entries(data).map(
    ([member, value]) => `${member}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const rest = [...(operation === undefined ? [] : [operation]), ...members].join(" ");
  return [
    paint(terminal, { text: `#${id}`, tone: "quiet" }),
    clockTime(at),
    device,
    paint(terminal, { text: name, tone: TONES.get(name) ?? "strong" }),
    paint(terminal, rest),
  ]
    .join("  ")
    .trimEnd();
}

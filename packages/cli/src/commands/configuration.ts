import type { Configuration, ConfigurationRequest, DesiredState } from "@heliograph/api";
import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { desiredRows } from "../configuration-words.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import type { Given } from "../given.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { parseAssignments } from "../parameter-value.ts";
import { conflictLine, stateCell } from "../policy-words.ts";
import { parseContent, readHold, readSource } from "../read-content.ts";
import type { Terminal } from "../terminal.ts";
import { relativeTime } from "../time-words.ts";

const section = "Devices";

export const configuration = command({
  name: "configuration",
  section,
  summary: "Show all that a device is to hold, and which policy says what",
  about: [
    "What the device alone is configured to goes before what policies of its groups say, and stands there as `private`.",
  ],
  arguments: [deviceArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "configuration SN0001", shows: "each path, who holds it, and what is left out" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const desired = await client.configurations.desired(key);
    if (given.isOn("json")) showJson(terminal, desired);
    else showDesired(terminal, desired);
    return exitCodes.done;
  },
});

const setFlags = [
  { name: "hold", value: "mend|report", help: "whether it is set again where it differs later; else mend" },
  { name: "from", value: "file", help: "values and objects as JSON; - for standard input" },
] as const;

export const configurationSet = command({
  name: "configuration set",
  section,
  summary: "Say what one device alone is to hold",
  about: [
    "All of it: what was said before and is not said now is let go. It comes to the device at once, or when it comes, and is " +
      "kept as what policies say is.",
  ],
  arguments: [
    deviceArgument,
    {
      name: "path=value",
      takes: "any",
      help: "a parameter with its value, as `set` has it; * is any instance",
    },
  ],
  flags: [...setFlags, jsonFlag, ...connectionFlags],
  examples: [
    { line: "configuration set SN0001 Device.WiFi.Radio.1.Channel=36", shows: "its version, to be applied" },
    { line: "configuration set SN0001 --from sn0001.json", shows: "one with objects" },
  ],
  async run(given, terminal) {
    const request = await readRequest(given, terminal);
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const set = await client.configurations.set(key, request);
    if (given.isOn("json")) showJson(terminal, set);
    else showOwn(terminal, set);
    return exitCodes.done;
  },
});

export const configurationVersions = command({
  name: "configuration versions",
  section,
  summary: "List what one device alone was to hold, newest first",
  arguments: [deviceArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "configuration versions SN0001", shows: "when it was set, and by whom" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const { items } = await client.configurations.versions(key);
    const rows = items.map(({ version, set, by }): readonly Cell[] => [
      ...[String(version), relativeTime(set, terminal.now()), by],
    ]);
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("it was never configured alone");
    else showTable(terminal, { head: ["version", "set", "by"], rows });
    return exitCodes.done;
  },
});

export const configurationRemove = command({
  name: "configuration remove",
  section,
  summary: "Have a device hold only what its groups' policies say",
  arguments: [deviceArgument],
  flags: [...connectionFlags],
  examples: [{ line: "configuration remove SN0001", shows: "that nothing is kept so for it alone" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    await client.configurations.remove(key);
    terminal.out(`${key} holds what policies of its groups say`);
    return exitCodes.done;
  },
});

async function readRequest(
  given: Given<"device" | "path=value" | "hold" | "from">,
  terminal: Terminal,
): Promise<ConfigurationRequest> {
  const from = given.text("from");
  const hold = given.text("hold");
  const values = parseAssignments(given.list("path=value"));
  return {
    ...(from === undefined ? {} : parseContent(from, await readSource(from, terminal))),
    ...(hold === undefined ? {} : { hold: readHold(hold) }),
    ...(Object.keys(values).length === 0 ? {} : { values }),
  };
}

function showOwn(terminal: Terminal, { device, version, compliance }: Configuration): void {
  const rows: readonly (readonly Cell[])[] = [
    [{ text: "device", tone: "quiet" }, device],
    [{ text: "version", tone: "quiet" }, String(version)],
    [{ text: "it is", tone: "quiet" }, stateCell(compliance.state)],
  ];
  showTable(terminal, { rows });
}

function showDesired(terminal: Terminal, desired: DesiredState): void {
  const rows = desiredRows(desired);
  if (rows.length === 0) terminal.err("no policy says anything of it");
  else showTable(terminal, { head: ["is to hold", "", "says", "version", "it is"], rows });
  for (const conflict of desired.conflicts) terminal.out(conflictLine(conflict));
}

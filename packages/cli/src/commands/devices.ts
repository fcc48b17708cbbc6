import type { Approval, Device } from "@heliograph/api";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { stateCell } from "../device-words.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { collect } from "../pages.ts";
import type { Terminal } from "../terminal.ts";
import { relativeTime } from "../time-words.ts";

export const devices = command({
  name: "devices",
  section: "Devices",
  summary: "List devices",
  arguments: [],
  flags: [
    {
      name: "query",
      value: "words",
      help: "only devices with all these words in key, manufacturer, software version, address or tags",
    },
    {
      name: "where",
      value: "expression",
      help: "only devices of which this is true; docs/expressions.md says what may be asked",
    },
    { name: "approval", value: "waiting|approved|rejected", help: "only devices of this approval" },
    { name: "claimed", help: "only devices that somebody claims, and nobody has decided on" },
    { name: "limit", value: "count", help: "at most so many; else all of them" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "devices", shows: "all of them, in the order of their keys" },
    { line: "devices --approval waiting", shows: "those that want to be approved" },
    { line: "devices --claimed", shows: "those that were reset, or that somebody else wants to be" },
    {
      line: `devices --where 'tag = "gold" and softwareVersion < 2.1'`,
      shows: "gold devices whose software is older than 2.1",
    },
    { line: "devices --query 'acme 2.1' --json", shows: "those of Acme with software 2.1, for a program" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const approval = readApproval(given.text("approval"));
    const query = given.text("query");
    const where = given.text("where");
    const filter = {
      ...(where === undefined ? {} : { where }),
      ...(query === undefined ? {} : { query }),
      ...(approval === undefined ? {} : { approval }),
      ...(given.isOn("claimed") ? { claimed: true } : {}),
    };
    const limit = given.number("limit") ?? Number.POSITIVE_INFINITY;
    const { items, isAll } = await collect(limit, (page) => client.devices.list({ ...filter, ...page }));
    if (given.isOn("json")) showJson(terminal, items);
    else showDevices(terminal, items);
    if (!isAll) terminal.err("there are more: --limit");
    return exitCodes.done;
  },
});

function readApproval(text: string | undefined): Approval | undefined {
  if (text === undefined || text === "waiting" || text === "approved" || text === "rejected") return text;
  throw new UsageError(`--approval must be waiting, approved or rejected; it is "${text}"`);
}

function showDevices(terminal: Terminal, items: readonly Device[]): void {
  if (items.length === 0) {
    terminal.err("no devices");
    return;
  }
  const rows = items.map((device): readonly Cell[] => [
    device.key,
    device.deviceId.ProductClass,
    device.facts.softwareVersion ?? "",
    stateCell(device, terminal.now()),
    device.lastInform === undefined ? "never" : relativeTime(device.lastInform, terminal.now()),
    device.address,
  ]);
  showTable(terminal, { head: ["key", "model", "software", "state", "last inform", "address"], rows });
}

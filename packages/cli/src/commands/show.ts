import type { Device, Operation } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { connectionRequestSentence } from "../connection-request-words.ts";
import { findDevice } from "../device-name.ts";
import {
  approvalCell,
  claimSentence,
  connectionSentence,
  credentialsSentence,
  reachabilityCell,
} from "../device-words.ts";
import { exitCodes } from "../exit-code.ts";
import { operationRow } from "../operation-words.ts";
import { paint, showJson, showTable, type Cell } from "../output.ts";
import { restSentence } from "../refresh-words.ts";
import type { Terminal } from "../terminal.ts";
import { relativeAndClock, relativeTime } from "../time-words.ts";

const MAX_OPERATIONS = 100;

export const show = command({
  name: "show",
  section: "Devices",
  summary: "Show a device, how to reach it and what waits for it",
  arguments: [deviceArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [
    { line: "show 00D09E-IGD-SN0001", shows: "by its key" },
    { line: "show SN0001", shows: "by its serial number" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    const openOperations = await readOpen(client, device.key);
    if (given.isOn("json")) showJson(terminal, { ...device, openOperations });
    else showDevice(terminal, device, openOperations);
    return exitCodes.done;
  },
});

/** Operations that have not ended, in the order in which the device gets them. */
async function readOpen({ operations }: Client, device: string): Promise<readonly Operation[]> {
  const pages = await Promise.all(
    (["running", "queued"] as const).map((state) =>
      operations.list({ device, state, limit: MAX_OPERATIONS }),
    ),
  );
  return pages.flatMap(({ items }) => items.toReversed());
}

function showDevice(terminal: Terminal, device: Device, openOperations: readonly Operation[]): void {
  terminal.out(paint(terminal, { text: device.key, tone: "strong" }));
  showTable(terminal, { rows: [...identity(device), ...contact(device, terminal.now())].map(indented) });
  if (device.approval === "waiting") {
    terminal.err(`it waits to be managed: heliograph approve ${device.key}`);
  }
  if (device.claim !== undefined && device.claim.approved === undefined) {
    terminal.err(
      `where it was reset: heliograph approve ${device.key}; where it was not: heliograph reject ${device.key} --claim`,
    );
  }
  if (openOperations.length === 0) return;
  terminal.out("");
  terminal.out("open operations");
  showTable(terminal, { rows: openOperations.map((one) => operationRow(one, terminal.now())).map(indented) });
}

function identity({ deviceId, facts, tags }: Device): readonly (readonly Cell[])[] {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["manufacturer", `${deviceId.Manufacturer} (OUI ${deviceId.OUI})`],
    ["model", deviceId.ProductClass],
    ["serial number", deviceId.SerialNumber],
    ["software", facts.softwareVersion],
    ["hardware", facts.hardwareVersion],
    ["data model", facts.root],
    ["tags", tags.join(", ")],
  ];
  return rows.flatMap(([name, text]) => (text === undefined || text === "" ? [] : [[quiet(name), text]]));
}

const WAYS_IN = {
  certificate: "with its certificate",
  "open-enrolment": "by open enrolment",
  "first-contact": "with the first-contact secret",
} as const satisfies Record<Device["enrolled"]["by"], string>;

function contact(device: Device, now: number): readonly (readonly Cell[])[] {
  const { enrolled, lastInform, lastBoot, lastBootstrap } = device;
  const connection = connectionSentence(device, now);
  const claim = claimSentence(device, now);
  const rest = restSentence(device, now);
  const when = (time: string | undefined): string =>
    time === undefined ? "not known" : relativeAndClock(time, now);
  return [
    [quiet("approval"), approvalCell(device)],
    ...(claim === undefined ? [] : [[quiet("claim"), claim]]),
    [quiet("enrolled"), `${relativeTime(enrolled.at, now)}, ${WAYS_IN[enrolled.by]}`],
    [quiet("credentials"), credentialsSentence(device)],
    [quiet("address"), device.address],
    [quiet("last inform"), when(lastInform)],
    [quiet("last boot"), when(lastBoot)],
    [quiet("last bootstrap"), when(lastBootstrap)],
    [quiet("reachability"), reachabilityCell(device)],
    ...(connection === undefined ? [] : [[quiet("connection"), connection]]),
    [quiet("connection request"), connectionRequestSentence(device, now)],
    ...(rest === undefined ? [] : [[quiet("left alone"), rest]]),
  ];
}

function quiet(text: string): Cell {
  return { text, tone: "quiet" };
}

function indented(row: readonly Cell[]): readonly Cell[] {
  return ["", ...row];
}

import type { DetailedParameters, Device } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { carryOut, operationFlags } from "../carry-out.ts";
import { UsageError } from "../command-error.ts";
import { command, deviceArgument } from "../command.ts";
import { connect } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { readValue } from "../parameter-value.ts";
import type { Terminal } from "../terminal.ts";
import { relativeTime } from "../time-words.ts";

/** Instance 2 stands before instance 10. */
const byPath = new Intl.Collator("en", { numeric: true });

export const get = command({
  name: "get",
  section: "Calling a device",
  summary: "Read parameters of a device",
  about: [
    "Calls GetParameterValues. A path that ends with a dot stands for everything below it.",
    "With --stored the device is not asked: what the ACS last learned is shown, and when.",
  ],
  arguments: [deviceArgument, { name: "path", takes: "any", help: "a parameter, or a partial path" }],
  flags: [
    { name: "stored", help: "show what the ACS knows instead of asking the device" },
    ...operationFlags,
  ],
  examples: [
    { line: "get SN0001 Device.DeviceInfo.SoftwareVersion", shows: "what it runs now" },
    { line: "get SN0001 Device.WiFi. Device.Time.", shows: "two objects and all below them" },
    { line: "get SN0001 --stored", shows: "everything the ACS knows of it" },
  ],
  async run(given, terminal) {
    const paths = given.list("path");
    const isStored = given.isOn("stored");
    if (paths.length === 0 && !isStored) {
      throw new UsageError("<path> is missing; --stored alone shows all that is known");
    }
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    if (!isStored) {
      const params = { ParameterNames: [...paths] };
      return carryOut({ client, device, calls: [{ method: "GetParameterValues", params }] }, given, terminal);
    }
    const known = await readStored(client, device, paths);
    if (given.isOn("json")) showJson(terminal, known);
    else showStored(terminal, known);
    return exitCodes.done;
  },
});

async function readStored(
  { devices }: Client,
  { key }: Device,
  paths: readonly string[],
): Promise<DetailedParameters> {
  const wanted = paths.length === 0 ? [undefined] : paths;
  const parts = await Promise.all(wanted.map((path) => devices.parameterDetails(key, path)));
  const entries = parts.flatMap(({ ParameterList }) => Object.entries(ParameterList));
  const objects = Map.groupBy(entries, ([object]) => object);
  return {
    ParameterList: Object.fromEntries(
      [...objects].map(([object, groups]) => [
        object,
        Object.fromEntries(groups.flatMap(([, leaves]) => Object.entries(leaves))),
      ]),
    ),
  };
}

function showStored(terminal: Terminal, known: DetailedParameters): void {
  const entries = Object.entries(known.ParameterList).flatMap(([object, leaves]) =>
    Object.entries(leaves).map(([leaf, detail]) => ({ path: object + leaf, ...detail })),
  );
  entries.sort((a, b) => byPath.compare(a.path, b.path));
  if (entries.length === 0) {
    terminal.err("the ACS knows nothing of that yet; without --stored the device is asked");
    return;
  }
  const rows = entries.map(({ path, value, at, writable }): readonly Cell[] => [
    path,
    value === undefined ? "" : readValue(value).text,
    { text: at === undefined ? "" : relativeTime(at, terminal.now()), tone: "quiet" },
    { text: writable === true ? "writable" : "", tone: "quiet" },
  ]);
  showTable(terminal, { head: ["path", "value", "learned", ""], rows });
}

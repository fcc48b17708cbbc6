import type { OperationState } from "@heliograph/api";
import { UsageError } from "../command-error.ts";
import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { isOperationState, operationRow, operationStates } from "../operation-words.ts";
import { showJson, showTable } from "../output.ts";
import { collect } from "../pages.ts";

const DEFAULT_LIMIT = "20";

export const operations = command({
  name: "operations",
  section: "What happens",
  summary: "List operations, newest first",
  arguments: [{ ...deviceArgument, takes: "at-most-one" }],
  flags: [
    { name: "state", value: "state", help: `only those that are ${operationStates.join(", ")}` },
    { name: "limit", value: "count", default: DEFAULT_LIMIT, help: "at most so many" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "operations", shows: "the last ones of all devices" },
    { line: "operations SN0001 --state queued", shows: "what waits for one device" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const name = given.text("device");
    const state = readState(given.text("state"));
    const filter = {
      ...(name === undefined ? {} : { device: (await findDevice(client, name)).key }),
      ...(state === undefined ? {} : { state }),
    };
    const limit = given.number("limit") ?? 0;
    const { items, isAll } = await collect(limit, (page) => client.operations.list({ ...filter, ...page }));
    if (given.isOn("json")) {
      showJson(terminal, items);
      return exitCodes.done;
    }
    const rows = items.map((one) => [one.device, ...operationRow(one, terminal.now())]);
    if (rows.length === 0) terminal.err("no operations");
    else showTable(terminal, { head: ["device", "operation", "state", "made", "RPCs"], rows });
    if (!isAll) terminal.err("there are older ones: --limit");
    return exitCodes.done;
  },
});

function readState(text: string | undefined): OperationState | undefined {
  if (text === undefined || isOperationState(text)) return text;
  throw new UsageError(`--state must be one of ${operationStates.join(", ")}; it is "${text}"`);
}

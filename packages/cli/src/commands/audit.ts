import type { AuditEntry } from "@heliograph/api";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { collect } from "../pages.ts";
import { localTime } from "../time-words.ts";

const DEFAULT_LIMIT = "20";

export const audit = command({
  name: "audit",
  section: "What happens",
  summary: "List who changed what, newest first",
  arguments: [],
  flags: [
    { name: "limit", value: "count", default: DEFAULT_LIMIT, help: "at most so many" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: "audit --limit 100", shows: "the last hundred changes" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { items, isAll } = await collect(given.number("limit") ?? 0, (page) => client.audit(page));
    if (given.isOn("json")) showJson(terminal, items);
    else showTable(terminal, { head: ["at", "who", "what", "device", ""], rows: items.map(rowOf) });
    if (!isAll) terminal.err("there are older ones: --limit");
    return exitCodes.done;
  },
});

function rowOf({ at, manager, action, device, detail }: AuditEntry): readonly Cell[] {
  const more = Object.keys(detail).length === 0 ? "" : JSON.stringify(detail);
  return [localTime(at), manager, action, device ?? "", { text: more, tone: "quiet" }];
}

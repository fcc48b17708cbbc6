import type { AuditEntry, AuditQuery } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import type { Given } from "../given.ts";
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
    { name: "who", value: "name", help: "only what this token, user or grant:<id> did" },
    { name: "device", value: "device", help: "only what was done to this device" },
    { name: "grant", value: "id", help: "only what was done under this grant" },
    { name: "act", value: "action", help: "only this, such as call or approve-device" },
    { name: "since", value: "time", help: "only what was done from this time on" },
    { name: "until", value: "time", help: "only what was done before this time" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "audit --limit 100", shows: "the last hundred changes" },
    { line: "audit --device SN0001 --since 2026-01-31", shows: "what was done to a device since then" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const filters = await filtersOf(given, client);
    const { items, isAll } = await collect(given.number("limit") ?? 0, (page) =>
      client.audit({ ...page, ...filters }),
    );
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

type Filter = "who" | "device" | "grant" | "act" | "since" | "until";

async function filtersOf(given: Given<Filter>, client: Client): Promise<AuditQuery> {
  const [who, name, grant, act] = [
    given.text("who"),
    given.text("device"),
    given.text("grant"),
    given.text("act"),
  ];
  const [since, until] = [timeOf("since", given), timeOf("until", given)];
  return {
    ...(who === undefined ? {} : { who }),
    ...(name === undefined ? {} : { device: (await findDevice(client, name)).key }),
    ...(grant === undefined ? {} : { grant }),
    ...(act === undefined ? {} : { act }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

function timeOf(name: "since" | "until", given: Given<Filter>): string | undefined {
  const text = given.text(name);
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new UsageError(`--${name} must be a time such as 2026-01-31T12:00; it is "${text}"`);
  return new Date(at).toISOString();
}

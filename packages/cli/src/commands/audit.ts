import type { AuditEntry, AuditQuery } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import type { Given } from "../given.ts";
import { changeWords } from "../grant-words.ts";
import { stateTone } from "../operation-words.ts";
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
    { name: "manager", value: "name", help: "only what this token, user or grant:<id> did" },
    { name: "device", value: "device", help: "only what was done to this device" },
    { name: "grant", value: "id", help: "only what was done under this grant" },
    { name: "action", value: "action", help: "only this, such as call or approve-device" },
    { name: "since", value: "time", help: "only what was done from this time on" },
    { name: "until", value: "time", help: "only what was done before this time" },
    jsonFlag,
    ...connectionFlags,
  ],
  about: [
    "Of a call it shows what the device made of it, each value that it wrote as it was before and is after, and its operation, " +
      "which `heliograph operation` shows in full. Values of passwords and keys are shown nowhere.",
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
    else
      showTable(terminal, { head: ["at", "who", "what", "device", "came to", ""], rows: items.map(rowOf) });
    if (!isAll) terminal.err("there are older ones: --limit");
    return exitCodes.done;
  },
});

function rowOf(entry: AuditEntry): readonly Cell[] {
  const { at, manager, action, device = "", detail } = entry;
  if (entry.operation !== undefined) {
    const [what, more] = [methodsIn(entry), changesIn(entry)];
    return [localTime(at), manager, what, device, endOf(entry), { text: more, tone: "quiet" }];
  }
  const more = Object.keys(detail).length === 0 ? "" : JSON.stringify(detail);
  return [localTime(at), manager, action, device, "", { text: more, tone: "quiet" }];
}

/** Of a call, its methods say more than that it is one. */
function methodsIn({ action, detail: { methods } }: AuditEntry): string {
  return Array.isArray(methods) ? methods.join(", ") : action;
}

function endOf({ state, faults = [] }: AuditEntry): Cell {
  if (state === undefined) return { text: "not known any more", tone: "quiet" };
  const codes = faults.map(({ code }) => ` ${code}`).join();
  return { text: `${state}${codes}`, tone: stateTone(state) };
}

/** What was written, and where to look for the rest. */
function changesIn({ changes = [], operation = "" }: AuditEntry): string {
  return [...changes.map(changeWords), operation].join("; ");
}

type Filter = "manager" | "device" | "grant" | "action" | "since" | "until";

async function filtersOf(given: Given<Filter>, client: Client): Promise<AuditQuery> {
  const [manager, name, grant, action] = [
    given.text("manager"),
    given.text("device"),
    given.text("grant"),
    given.text("action"),
  ];
  const [since, until] = [timeOf("since", given), timeOf("until", given)];
  return {
    ...(manager === undefined ? {} : { manager }),
    ...(name === undefined ? {} : { device: (await findDevice(client, name)).key }),
    ...(grant === undefined ? {} : { grant }),
    ...(action === undefined ? {} : { action }),
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

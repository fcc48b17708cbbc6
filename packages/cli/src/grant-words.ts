import type { AuditChange, Grant, Transcript, TranscriptEntry } from "@heliograph/api";
import { paint, showTable, type Cell } from "./output.ts";
import type { Terminal } from "./terminal.ts";
import { localTime, relativeTime } from "./time-words.ts";

/** Whether a grant is good, and until when it is or was. */
export function standing({ revoked, expires }: Pick<Grant, "revoked" | "expires">, now: number): Cell {
  if (revoked !== undefined) return { text: `revoked ${relativeTime(revoked, now)}`, tone: "bad" };
  const isOver = Date.parse(expires) <= now;
  return isOver
    ? { text: `expired ${relativeTime(expires, now)}`, tone: "bad" }
    : { text: `good; expires ${relativeTime(expires, now)}`, tone: "good" };
}

/** Whom it is about, in a line. */
export function deviceWords({ devices }: Pick<Grant, "devices">): string {
  if ("where" in devices) return devices.where;
  return devices.length === 1 ? (devices[0] ?? "") : `${devices.length} devices`;
}

export function coverWords({ devices, unfinished }: NonNullable<Grant["covers"]>): string {
  const more = unfinished === true ? " or more" : "";
  return `${devices}${more} ${devices === 1 && more === "" ? "device" : "devices"}`;
}

export function showGrant(terminal: Terminal, grant: Grant): void {
  const lists: readonly Cell[][] = [
    ["devices", "where" in grant.devices ? grant.devices.where : grant.devices.join(" ")],
    ["covers", grant.covers === undefined ? "" : `${coverWords(grant.covers)} now`],
    ["methods", grant.methods.join(" ")],
    ["reads", grant.read.map(named).join(" ")],
    ["writes", grant.write.map(named).join(" ")],
    ["channels", grant.channels.join(" ")],
  ];
  showTable(terminal, {
    rows: [
      ["grant", { text: grant.id, tone: "strong" }],
      ["holder", grant.holder],
      ["reason", grant.reason],
      ["given", `${localTime(grant.created)} by ${grant.givenBy}`],
      ["is", standing(grant, terminal.now())],
      ...lists.filter(([, text]) => text !== ""),
    ],
  });
}

/** One paragraph to an entry, oldest first: when, what was asked of which device, what it was before, what came back. */
export function showTranscript(terminal: Terminal, { grant, items, isAll }: Transcript): void {
  terminal.out(`${grant.holder}: ${grant.reason}`);
  if (!isAll) terminal.out(paint(terminal, { text: "what came before is left out", tone: "quiet" }));
  for (const entry of items) {
    terminal.out("");
    for (const line of linesOf(entry)) terminal.out(paint(terminal, line));
  }
}

function linesOf(entry: TranscriptEntry): readonly Cell[] {
  const { at, action, manager, device, detail } = entry;
  const by = action === "call" || action === "refused-call" ? "" : ` by ${manager}`;
  const on = device === undefined ? "" : ` on ${device}`;
  const what = methodsOf(detail["methods"]) ?? action;
  return [
    { text: `${localTime(at)}  ${what}${on}${by}`, tone: "strong" },
    ...(entry.changes ?? []).map((change) => `  ${changeWords(change)}`),
    ...outcomeOf(entry),
  ];
}

function methodsOf(methods: unknown): string | undefined {
  return Array.isArray(methods) ? methods.join(", ") : undefined;
}

/** Such as `Device.WiFi.Radio.1.Channel: 36 -> 44`; what is not as it was to be is said behind it. */
export function changeWords({ path, before, asked, after }: AuditChange): string {
  const was = before === undefined ? "" : `${valueWords(before)} -> `;
  const isOther = after !== undefined && JSON.stringify(after) !== JSON.stringify(asked);
  return `${path}: ${was}${valueWords(asked)}${isOther ? `, is ${valueWords(after)}` : ""}`;
}

function valueWords(value: AuditChange["asked"]): string {
  return value === undefined || value === null ? "unknown" : JSON.stringify(value);
}

function outcomeOf({ action, state, outcomes = [], detail }: TranscriptEntry): readonly Cell[] {
  if (action === "refused-call") return [{ text: `  refused: ${reasonIn(detail)}`, tone: "bad" }];
  if (state === undefined) return [];
  const told = outcomes.map((outcome): Cell => {
    return "fault" in outcome
      ? { text: `  fault ${outcome.fault.code}: ${outcome.fault.message}`, tone: "bad" }
      : `  ${JSON.stringify(outcome.result)}`;
  });
  return [...told, { text: `  ${state}`, tone: state === "done" ? "good" : "unsure" }];
}

function named(path: string): string {
  return path === "" ? "everything" : path;
}

function reasonIn({ reason }: TranscriptEntry["detail"]): string {
  return typeof reason === "string" ? reason : "";
}

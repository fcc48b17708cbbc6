import type { Campaign, CampaignMember } from "@heliograph/api";
import type { Cell, Tone } from "./output.ts";
import { relativeAndClock, relativeTime } from "./time-words.ts";

const STATE_TONES: Readonly<Record<Campaign["state"], Tone>> = {
  planned: "quiet",
  gathering: "unsure",
  running: "unsure",
  paused: "unsure",
  stopped: "bad",
  cancelled: "quiet",
  over: "good",
};

const MEMBER_TONES: Readonly<Record<CampaignMember["state"], Tone>> = {
  waiting: "quiet",
  begun: "unsure",
  asleep: "unsure",
  done: "good",
  faulted: "bad",
  unknown: "bad",
  "not-reached": "quiet",
  withdrawn: "quiet",
  skipped: "quiet",
};

/** Whether anything of it may still change by itself. */
export function goesOn({ state, counts }: Campaign): boolean {
  if (state === "stopped" || state === "cancelled") return counts.begun > 0;
  return state !== "over" && state !== "paused";
}

export function campaignState({ state }: Campaign): Cell {
  return { text: state, tone: STATE_TONES[state] };
}

export function memberState({ state }: CampaignMember): Cell {
  return { text: state, tone: MEMBER_TONES[state] };
}

/** `running: 400 of 1000 ended, 12 of them faulted; 100 begun`: how far it has come, in a line. */
export function progressSentence({ state, counts, devices }: Campaign): string {
  const { waiting, begun, asleep, done } = counts;
  const ended = devices - waiting - begun - asleep;
  const parts = [
    ["done", done],
    ["faulted", counts.faulted],
    ["unknown", counts.unknown],
    ["not reached", counts["not-reached"]],
    ["skipped", counts.skipped],
    ["withdrawn", counts.withdrawn],
  ] as const;
  const told = parts.filter(([, count]) => count > 0).map(([word, count]) => `${count} ${word}`);
  const split = told.length === 0 ? "" : ` (${told.join(", ")})`;
  const open = begun + asleep === 0 ? "" : `; ${begun} begun, ${asleep} asleep`;
  return `${state}: ${ended} of ${devices} ended${split}${open}`;
}

/** What there is to say of it, line by line. */
export function campaignRows(campaign: Campaign, now: number): readonly (readonly [string, Cell])[] {
  const { description, query, group, rpcs, reason, pace, hours, manager, starts, expires, faults } = campaign;
  const rows: readonly (readonly [string, Cell | undefined])[] = [
    ["for", description === "" ? undefined : description],
    ["devices", group === undefined ? query : `the group ${group}`],
    ["RPCs", rpcs.map(({ method }) => method).join(", ")],
    ["state", campaignState(campaign)],
    ["why", reason],
    ["pace", `${pace.perSecond} a second, ${pace.atOnce} at once`],
    ["hours", hours === undefined ? undefined : `${hours.from} to ${hours.to} UTC`],
    ["stops", stopWords(campaign)],
    ["by", manager],
    ["starts", relativeAndClock(starts, now)],
    ["expires", relativeAndClock(expires, now)],
    ["faults", faults.length === 0 ? undefined : faults.map(faultWords).join(", ")],
  ];
  return rows.flatMap(([name, cell]) => (cell === undefined ? [] : [[name, cell] as const]));
}

/** Of a list, one. */
export function campaignRow(campaign: Campaign, now: number): readonly Cell[] {
  const { id, rpcs, created, query, group, counts, devices } = campaign;
  const failed = counts.faulted + counts.unknown;
  return [
    ...[id, campaignState(campaign), rpcs.map(({ method }) => method).join(", ")],
    `${counts.done}/${devices}`,
    { text: String(failed), tone: failed === 0 ? "quiet" : "bad" },
    relativeTime(created, now),
    group === undefined ? (query ?? "") : `the group ${group}`,
  ];
}

function stopWords({ stop: { failures, share } }: Campaign): string | undefined {
  const rules = [
    ...(failures === undefined ? [] : [`${failures} devices`]),
    ...(share === undefined ? [] : [`${Number((share * 100).toFixed(1))} in a hundred`]),
  ];
  return rules.length === 0 ? "never" : `when ${rules.join(", or ")} fail`;
}

function faultWords({ code, devices }: Campaign["faults"][number]): string {
  return `${code}: ${devices} ${devices === 1 ? "device" : "devices"}`;
}

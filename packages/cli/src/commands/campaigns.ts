import type { Call, Campaign, CampaignMemberState, CampaignRequest, CampaignWish } from "@heliograph/api";
import { CampaignMemberState as MemberState } from "@heliograph/api";
import { NoAnswerError, type Client } from "@heliograph/api/client";
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { campaignRow, campaignRows, goesOn, memberState, progressSentence } from "../campaign-words.ts";
import { readExpires } from "../carry-out.ts";
import { CommandError, UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes, type ExitCode } from "../exit-code.ts";
import { rootMessage } from "../explain-error.ts";
import type { Given } from "../given.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { collect } from "../pages.ts";
import type { Terminal } from "../terminal.ts";
import { relativeTime } from "../time-words.ts";
import { readCalls } from "./call.ts";

const section = "Calling a device";
const FOLLOW_MS = 1_000;
const idArgument = { name: "campaign", help: "its id, as `campaigns` shows it" } as const;
const limitFlag = { name: "limit", value: "count", help: "at most so many; else all of them" } as const;
const followFlag = { name: "follow", help: "say how far it has come, until it is over or Ctrl-C" } as const;

const wishArguments = [
  { name: "expression", unless: "group", help: "which devices, as docs/expressions.md describes" },
  { name: "method", takes: "at-most-one", help: "the RPC, such as Reboot" },
  { name: "params", takes: "at-most-one", help: "its parameters as a JSON object, or - for standard input" },
] as const;
const wishFlags = [
  { name: "group", value: "name", help: "the devices of a group, instead of an expression" },
  { name: "rpcs", value: "file", help: "call the RPCs of a JSON file, - for standard input" },
] as const;
type WishName = "expression" | "method" | "params" | "group" | "rpcs";

export const campaignsList = command({
  name: "campaigns",
  section,
  summary: "List campaigns: the same RPCs on many devices",
  about: [
    "A campaign asks each of its devices once, at a pace, and stops where too many fail. `heliograph campaigns start` " +
      "makes one.",
  ],
  arguments: [],
  flags: [limitFlag, jsonFlag, ...connectionFlags],
  examples: [{ line: "campaigns", shows: "all of them, newest first" }],
  async run(given, terminal) {
    const { campaigns } = connect(given, terminal);
    const limit = given.number("limit") ?? Number.POSITIVE_INFINITY;
    const { items, isAll } = await collect(limit, (page) => campaigns.list(page));
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("no campaigns");
    else {
      const head = ["id", "state", "RPCs", "done", "failed", "made", "devices"];
      showTable(terminal, { head, rows: items.map((each) => campaignRow(each, terminal.now())) });
    }
    if (!isAll) terminal.err("there are more: --limit");
    return exitCodes.done;
  },
});

export const campaignsPreview = command({
  name: "campaigns preview",
  section,
  summary: "Show which devices a campaign would ask, and which not",
  arguments: [...wishArguments],
  flags: [...wishFlags, jsonFlag, ...connectionFlags],
  examples: [
    { line: "campaigns preview 'softwareVersion < 2.1' Reboot", shows: "how many, and the first of them" },
  ],
  async run(given, terminal) {
    const wish = await readWish(given, terminal);
    const preview = await connect(given, terminal).campaigns.preview(wish);
    if (given.isOn("json")) {
      showJson(terminal, preview);
      return exitCodes.done;
    }
    const { devices, allowed, refused, held = "a policy holds it", sample, unfinished } = preview;
    terminal.out(`${unfinished === true ? "at least " : ""}${allowed} of ${devices} devices would be asked`);
    for (const key of sample) terminal.out(`  ${key}`);
    for (const [why, count] of [
      ["not among what you may", refused.notAllowed],
      [held, refused.heldByPolicy],
      ["not approved", refused.notApproved],
      ["left alone for now", refused.leftAlone],
    ] as const) {
      if (count > 0) terminal.err(`${count} would be skipped: ${why}`);
    }
    return exitCodes.done;
  },
});

export const campaignsStart = command({
  name: "campaigns start",
  section,
  summary: "Call RPCs on many devices, once on each",
  about: [
    "Its devices are those that are meant when it starts. Each is asked at most once, whatever becomes of the ACS " +
      "meanwhile. It goes by your right: where that ends, it stops.",
  ],
  arguments: [...wishArguments],
  flags: [
    ...wishFlags,
    { name: "description", value: "words", help: "what it is for" },
    { name: "at", value: "time", help: "when it starts; else now" },
    { name: "hours", value: "from-to", help: "hours of the day, UTC, in which devices are begun with: 1-4" },
    { name: "per-second", value: "count", help: "devices that are begun with in a second; else 10" },
    { name: "at-once", value: "count", help: "devices that may be at it at once; else 100" },
    { name: "stop-failures", value: "count", help: "stop where so many fail" },
    { name: "stop-share", value: "percent", help: "stop where so many in a hundred fail; else 10" },
    {
      name: "expires",
      value: "seconds|time",
      help: "when devices that were not reached are given up; else a day after its start",
    },
    {
      name: "idempotency-key",
      value: "key",
      help: "asked again with the same key, it is the same campaign",
    },
    followFlag,
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "campaigns start --group gold Reboot --follow", shows: "how far it has come, until it is over" },
    {
      line: "campaigns start 'softwareVersion < 2.1' Reboot --at 2026-01-31T01:00Z --hours 1-4",
      shows: "its id; it begins at night, and only at night",
    },
  ],
  async run(given, terminal) {
    const request = await readRequest(given, terminal);
    const idempotencyKey = given.text("idempotency-key") ?? randomUUID();
    const client = connect(given, terminal);
    const campaign = await client.campaigns.create(request, { idempotencyKey }).catch((error: unknown) => {
      throw error instanceof NoAnswerError ? uncertain(error, idempotencyKey) : error;
    });
    if (given.isOn("follow")) return follow({ client, campaign }, given, terminal);
    if (given.isOn("json")) showJson(terminal, campaign);
    else terminal.out(campaign.id);
    return exitCodes.done;
  },
});

export const campaignsShow = command({
  name: "campaigns show",
  section,
  summary: "Show how far a campaign has come",
  arguments: [idArgument],
  flags: [followFlag, jsonFlag, ...connectionFlags],
  examples: [{ line: "campaigns show 0123456789abcdef --follow", shows: "a line each time it moves" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const campaign = await client.campaigns.get(given.one("campaign"));
    if (given.isOn("follow")) return follow({ client, campaign }, given, terminal);
    showCampaign(terminal, campaign, given.isOn("json"));
    return exitCodes.done;
  },
});

export const campaignsDevices = command({
  name: "campaigns devices",
  section,
  summary: "List the devices of a campaign, and where each stands",
  arguments: [idArgument],
  flags: [
    { name: "state", value: "state", help: "only those that are faulted, unknown, not-reached, skipped …" },
    limitFlag,
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: "campaigns devices 0123456789abcdef --state faulted", shows: "who refused, and why" }],
  async run(given, terminal) {
    const state = readState(given.text("state"));
    const { campaigns } = connect(given, terminal);
    const id = given.one("campaign");
    const limit = given.number("limit") ?? Number.POSITIVE_INFINITY;
    const { items, isAll } = await collect(limit, (page) =>
      campaigns.devices(id, { ...page, ...(state === undefined ? {} : { state }) }),
    );
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("no devices");
    else {
      const rows = items.map((member): readonly Cell[] => [
        ...[member.device, memberState(member), relativeTime(member.at, terminal.now())],
        [member.fault, member.reason].filter((part) => part !== undefined).join(" "),
      ]);
      showTable(terminal, { head: ["key", "state", "since", ""], rows });
    }
    if (!isAll) terminal.err("there are more: --limit");
    return exitCodes.done;
  },
});

export const campaignsPause = moving("pause", "Begin with no more devices of a campaign for now");
export const campaignsResume = moving("resume", "Go on with a campaign that was paused or has stopped");
export const campaignsCancel = moving("cancel", "End a campaign, and take back what has not left");

function moving(how: "pause" | "resume" | "cancel", summary: string) {
  return command({
    name: `campaigns ${how}`,
    section,
    summary,
    arguments: [idArgument],
    flags: [jsonFlag, ...connectionFlags],
    examples: [{ line: `campaigns ${how} 0123456789abcdef`, shows: "where it stands then" }],
    async run(given, terminal) {
      const campaign = await connect(given, terminal).campaigns[how](given.one("campaign"));
      showCampaign(terminal, campaign, given.isOn("json"));
      return exitCodes.done;
    },
  });
}

async function readWish(given: Given<WishName>, terminal: Terminal): Promise<CampaignWish> {
  const group = given.text("group");
  const devices = group === undefined ? { query: given.one("expression") } : { group };
  const calls = await readCalls(given, terminal);
  return { ...devices, ...callsOf(calls) };
}

function callsOf(calls: readonly Call[]): Pick<CampaignWish, "method" | "params" | "rpcs"> {
  const [only, ...others] = calls;
  return only !== undefined && others.length === 0 ? only : { rpcs: [...calls] };
}

type StartName =
  | WishName
  | ("description" | "at" | "hours" | "per-second" | "at-once" | "stop-failures" | "stop-share" | "expires");

async function readRequest(given: Given<StartName>, terminal: Terminal): Promise<CampaignRequest> {
  const [description, at, hours] = [given.text("description"), given.text("at"), given.text("hours")];
  const [perSecond, atOnce] = [given.number("per-second"), given.number("at-once")];
  const [failures, percent] = [given.number("stop-failures"), given.number("stop-share")];
  const expires = given.text("expires");
  const pace = {
    ...(perSecond === undefined ? {} : { perSecond }),
    ...(atOnce === undefined ? {} : { atOnce }),
  };
  const stop = {
    ...(failures === undefined ? {} : { failures }),
    ...(percent === undefined ? {} : { share: percent / 100 }),
  };
  return {
    ...(await readWish(given, terminal)),
    ...(description === undefined ? {} : { description }),
    ...(at === undefined ? {} : { at: readStart(at) }),
    ...(hours === undefined ? {} : { hours: readHours(hours) }),
    ...(Object.keys(pace).length === 0 ? {} : { pace }),
    ...(Object.keys(stop).length === 0 ? {} : { stop }),
    ...(expires === undefined ? {} : { expires: readExpires(expires) }),
  };
}

function readStart(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new UsageError(`--at must be a time such as 2026-01-31T01:00Z; it is "${text}"`);
}

function readHours(text: string): NonNullable<CampaignRequest["hours"]> {
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  const hours = { from: Number(from), to: Number(to) };
  if (hours.from <= 23 && hours.to <= 24) return hours;
  throw new UsageError(`--hours must be two hours of the day such as 1-4; it is "${text}"`);
}

function readState(text: string | undefined): CampaignMemberState | undefined {
  if (text === undefined) return undefined;
  const state = MemberState.enum.find((each) => each === text);
  if (state !== undefined) return state;
  throw new UsageError(`--state must be one of ${MemberState.enum.join(", ")}; it is "${text}"`);
}

function showCampaign(terminal: Terminal, campaign: Campaign, asJson: boolean): void {
  if (asJson) {
    showJson(terminal, campaign);
    return;
  }
  const rows = campaignRows(campaign, terminal.now()).map(([name, cell]): readonly Cell[] => [
    { text: name, tone: "quiet" },
    cell,
  ]);
  showTable(terminal, { rows });
  terminal.out(progressSentence(campaign));
}

interface Followed {
  readonly client: Client;
  readonly campaign: Campaign;
}

/** Says how far it has come each time that it has moved; an ACS that is away for a while ends nothing. */
async function follow(
  { client, campaign }: Followed,
  given: Given<"json">,
  terminal: Terminal,
): Promise<ExitCode> {
  using interruption = terminal.interruption();
  const { signal } = interruption;
  let last = campaign;
  let told = "";
  for (;;) {
    const sentence = progressSentence(last);
    if (sentence !== told) terminal.status(sentence);
    told = sentence;
    if (!goesOn(last) || signal.aborted) break;
    await setTimeout(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
    last = await client.campaigns.get(last.id).catch((error: unknown) => {
      if (error instanceof NoAnswerError) return last;
      throw error;
    });
  }
  showCampaign(terminal, last, given.isOn("json"));
  if (goesOn(last)) {
    terminal.err(`it goes on: heliograph campaigns show ${last.id} --follow`);
    return exitCodes.running;
  }
  const failed = last.counts.faulted + last.counts.unknown;
  return last.state === "over" && failed === 0 ? exitCodes.done : exitCodes.ended;
}

/** The answer was lost, and perhaps only the answer. */
function uncertain(error: NoAnswerError, idempotencyKey: string): CommandError {
  return new CommandError(`the ACS cannot be reached: ${rootMessage(error)}`, exitCodes.unreachable, [
    "whether it took the campaign is not known; the same command starts no second one with",
    `--idempotency-key ${idempotencyKey}`,
  ]);
}

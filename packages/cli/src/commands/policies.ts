import { ComplianceState, type Policy, type PolicyRequest } from "@heliograph/api";
import { NoAnswerError, type Client } from "@heliograph/api/client";
import { setTimeout } from "node:timers/promises";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { readDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-code.ts";
import type { Given } from "../given.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { collect } from "../pages.ts";
import { parseAssignments } from "../parameter-value.ts";
import {
  complianceRow,
  policyRow,
  policyRows,
  policySentence,
  previewLines,
  rollsOn,
} from "../policy-words.ts";
import { parseContent, readHold, readSource } from "../read-content.ts";
import type { Terminal } from "../terminal.ts";
import { relativeTime } from "../time-words.ts";

const section = "Devices";
const FOLLOW_MS = 1_000;
const nameArgument = { name: "policy", help: "its name" } as const;
const limitFlag = { name: "limit", value: "count", help: "at most so many; else all of them" } as const;
const followFlag = { name: "follow", help: "say how far it has come, until it is out or Ctrl-C" } as const;

export const policiesList = command({
  name: "policies",
  section,
  summary: "List policies: what groups of devices are to hold",
  about: ["A policy is made by `heliograph policies set`, and comes to its group once it is published."],
  arguments: [],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "policies", shows: "all of them, and how many devices hold each" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).policies.list();
    const head = ["policy", "group", "version", "rollout", "hold it", "faulted"];
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("no policies");
    else showTable(terminal, { head, rows: items.map(policyRow) });
    return exitCodes.done;
  },
});

const setFlags = [
  { name: "group", value: "name", help: "whose devices are to hold it" },
  { name: "description", value: "words", help: "what it is for" },
  { name: "priority", value: "number", help: "the higher holds a path that two policies set; else 0" },
  { name: "hold", value: "mend|report", help: "whether devices that differ later are set again; else mend" },
  { name: "from", value: "file", help: "values, objects and file as JSON; - for standard input" },
  { name: "waves", value: "percents", help: "how much of the group has it wave by wave; else 1,10,100" },
  { name: "per-second", value: "count", help: "devices that are begun with in a second; else 50" },
  { name: "pause", value: "time", help: "how long a wave is looked at before the next; else 1h" },
  { name: "stop-faulted", value: "count", help: "stop where so many are faulted; else 100" },
  { name: "stop-share", value: "percent", help: "stop where so many in a hundred are faulted; else 5" },
] as const;
type SetName = "policy" | "path=value" | (typeof setFlags)[number]["name"];

export const policiesSet = command({
  name: "policies set",
  section,
  summary: "Make a policy, or change what is published next",
  about: [
    "No device hears of it before `heliograph policies publish`. What is not said is as in a new policy.",
  ],
  arguments: [
    nameArgument,
    {
      name: "path=value",
      takes: "any",
      help: "a parameter with its value, as `set` has it; * is any instance",
    },
  ],
  flags: [...setFlags, jsonFlag, ...connectionFlags],
  examples: [
    {
      line: "policies set radios --group gold 'Device.WiFi.Radio.*.Enable=true' --waves 5,50,100",
      shows: "the policy as it would be published",
    },
    { line: "policies set firmware --group gold --from firmware.json", shows: "one that names a file" },
  ],
  async run(given, terminal) {
    const request = await readRequest(given, terminal);
    const policy = await connect(given, terminal).policies.set(given.one("policy"), request);
    showPolicy(terminal, policy, given.isOn("json"));
    return exitCodes.done;
  },
});

export const policiesPreview = command({
  name: "policies preview",
  section,
  summary: "Show what a policy would do, and where",
  arguments: [nameArgument],
  flags: [{ ...limitFlag, help: "look at so many devices", default: "20" }, jsonFlag, ...connectionFlags],
  examples: [{ line: "policies preview radios", shows: "the first devices, by what the ACS knows of them" }],
  async run(given, terminal) {
    const limit = given.number("limit") ?? 0;
    const preview = await connect(given, terminal).policies.preview(given.one("policy"), { limit });
    if (given.isOn("json")) showJson(terminal, preview);
    else for (const line of previewLines(preview)) terminal.out(line);
    return exitCodes.done;
  },
});

export const policiesPublish = command({
  name: "policies publish",
  section,
  summary: "Publish a policy to its group, in waves",
  arguments: [nameArgument],
  flags: [followFlag, jsonFlag, ...connectionFlags],
  examples: [{ line: "policies publish radios --follow", shows: "how far it has come, until it is out" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    return seeOut({ client, policy: await client.policies.publish(given.one("policy")) }, given, terminal);
  },
});

export const policiesRollBack = command({
  name: "policies rollback",
  section,
  summary: "Bring an earlier version back, to all at once",
  arguments: [nameArgument],
  flags: [
    { name: "to", value: "version", help: "which; else the one before the newest" },
    followFlag,
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: "policies rollback radios --follow", shows: "how many devices hold it again" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const version = given.number("to");
    const request = version === undefined ? {} : { version };
    const policy = await client.policies.rollBack(given.one("policy"), request);
    return seeOut({ client, policy }, given, terminal);
  },
});

export const policiesShow = command({
  name: "policies show",
  section,
  summary: "Show a policy, and how far it has come",
  arguments: [nameArgument],
  flags: [followFlag, jsonFlag, ...connectionFlags],
  examples: [{ line: "policies show radios --follow", shows: "a line each time it moves" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    return seeOut({ client, policy: await client.policies.get(given.one("policy")) }, given, terminal);
  },
});

export const policiesDevices = command({
  name: "policies devices",
  section,
  summary: "List where each device stands with a policy",
  arguments: [nameArgument],
  flags: [
    {
      name: "state",
      value: "state",
      help: "only those that are pending, applied, faulted, drifted, fighting …",
    },
    limitFlag,
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: "policies devices radios --state faulted", shows: "who could not hold it, and why" }],
  async run(given, terminal) {
    const { policies } = connect(given, terminal);
    const state = readState(given.text("state"));
    const limit = given.number("limit") ?? Number.POSITIVE_INFINITY;
    const { items, isAll } = await collect(limit, (page) =>
      policies.compliance(given.one("policy"), { ...page, ...(state === undefined ? {} : { state }) }),
    );
    const head = ["key", "state", "version", "holds", "since", ""];
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("no devices");
    else showTable(terminal, { head, rows: items.map((each) => complianceRow(each, terminal.now())) });
    if (!isAll) terminal.err("there are more: --limit");
    return exitCodes.done;
  },
});

export const policiesVersions = command({
  name: "policies versions",
  section,
  summary: "List what was published, newest first",
  arguments: [nameArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "policies versions radios", shows: "when, by whom, and what each brings back" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).policies.versions(given.one("policy"));
    const rows = items.map(({ version, published, by, rollsBackTo }): readonly Cell[] => [
      ...[String(version), relativeTime(published, terminal.now()), by],
      rollsBackTo === undefined ? "" : `brings ${rollsBackTo} back`,
    ]);
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("not published yet");
    else showTable(terminal, { head: ["version", "published", "by", ""], rows });
    return exitCodes.done;
  },
});

export const policiesPause = moving("pause", "Begin with no more devices for now");
export const policiesResume = moving("resume", "Go on with one that is paused or stopped");

export const policiesRemove = command({
  name: "policies remove",
  section,
  summary: "Remove a policy; what devices hold stays as it is",
  arguments: [nameArgument],
  flags: [...connectionFlags],
  examples: [{ line: "policies remove radios", shows: "its devices are told that it is withdrawn" }],
  async run(given, terminal) {
    const name = given.one("policy");
    await connect(given, terminal).policies.remove(name);
    terminal.out(`${name} is removed`);
    return exitCodes.done;
  },
});

function moving(how: "pause" | "resume", summary: string) {
  return command({
    name: `policies ${how}`,
    section,
    summary,
    arguments: [nameArgument],
    flags: [jsonFlag, ...connectionFlags],
    examples: [{ line: `policies ${how} radios`, shows: "where it stands then" }],
    async run(given, terminal) {
      const policy = await connect(given, terminal).policies[how](given.one("policy"));
      showPolicy(terminal, policy, given.isOn("json"));
      return exitCodes.done;
    },
  });
}

async function readRequest(given: Given<SetName>, terminal: Terminal): Promise<PolicyRequest> {
  const group = given.text("group");
  if (group === undefined) throw new UsageError("--group is missing");
  const from = given.text("from");
  const [description, hold] = [given.text("description"), given.text("hold")];
  const priority = given.text("priority");
  const values = parseAssignments(given.list("path=value"));
  const rules = readRules(given);
  return {
    ...(from === undefined ? {} : parseContent(from, await readSource(from, terminal))),
    group,
    ...(description === undefined ? {} : { description }),
    ...(hold === undefined ? {} : { hold: readHold(hold) }),
    ...(priority === undefined ? {} : { priority: Number(priority) }),
    ...(Object.keys(values).length === 0 ? {} : { values }),
    ...(Object.keys(rules).length === 0 ? {} : { rules }),
  };
}

function readRules(given: Given<SetName>): NonNullable<PolicyRequest["rules"]> {
  const [waves, pause] = [given.text("waves"), given.text("pause")];
  const perSecond = given.number("per-second");
  const [faulted, percent] = [given.number("stop-faulted"), given.number("stop-share")];
  const stopAt = { faulted: faulted ?? 100, share: (percent ?? 5) / 100 };
  return {
    ...(waves === undefined ? {} : { waves: readWaves(waves) }),
    ...(perSecond === undefined ? {} : { perSecond }),
    ...(pause === undefined ? {} : { pause: readDuration("pause", pause) / 1000 }),
    ...(faulted === undefined && percent === undefined ? {} : { stopAt }),
  };
}

function readWaves(text: string): number[] {
  const waves = text.split(",").map((each) => Number(each) / 100);
  if (waves.every((share) => share > 0 && share <= 1)) return waves;
  throw new UsageError(`--waves must be percents such as 1,10,100; it is "${text}"`);
}

function readState(text: string | undefined) {
  if (text === undefined) return undefined;
  const state = ComplianceState.enum.find((each) => each === text);
  if (state !== undefined) return state;
  throw new UsageError(`--state must be one of ${ComplianceState.enum.join(", ")}; it is "${text}"`);
}

interface Followed {
  readonly client: Client;
  readonly policy: Policy;
}

/** Says how far it has come each time that it has moved, where that is asked for; then what it is. */
async function seeOut(
  { client, policy }: Followed,
  given: Given<"follow" | "json">,
  terminal: Terminal,
): Promise<ExitCode> {
  const last = given.isOn("follow") ? await follow({ client, policy }, terminal) : policy;
  showPolicy(terminal, last, given.isOn("json"));
  if (given.isOn("follow") && isMoving(last)) return exitCodes.running;
  return last.rollout?.state === "stopped" ? exitCodes.ended : exitCodes.done;
}

/** An ACS that is away for a while ends nothing. */
async function follow({ client, policy }: Followed, terminal: Terminal): Promise<Policy> {
  using interruption = terminal.interruption();
  const { signal } = interruption;
  let last = policy;
  for (let told = ""; ;) {
    const sentence = policySentence(last);
    if (sentence !== told) terminal.status(sentence);
    told = sentence;
    if (!isMoving(last) || signal.aborted) return last;
    await setTimeout(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
    last = await client.policies.get(last.name).catch((error: unknown) => {
      if (error instanceof NoAnswerError) return last;
      throw error;
    });
  }
}

/** Devices are begun with, or are to be heard of. */
function isMoving(policy: Policy): boolean {
  const { rollout, compliance } = policy;
  return rollsOn(policy) || (rollout?.state === "complete" && compliance.pending > 0);
}

function showPolicy(terminal: Terminal, policy: Policy, asJson: boolean): void {
  if (asJson) {
    showJson(terminal, policy);
    return;
  }
  const rows = policyRows(policy, terminal.now()).map(([name, cell]): readonly Cell[] => [
    { text: name, tone: "quiet" },
    cell,
  ]);
  showTable(terminal, { rows });
  terminal.out(policySentence(policy));
}

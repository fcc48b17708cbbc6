import { POLICY_PER_SECOND } from "./kill-run.ts";
import type { BrokenRunError, KillNotes, KillReport, KillRunOptions } from "./kill-run.ts";
import { isGood } from "./recovery.ts";
import { textTable } from "./text-table.ts";

const SHOWN = 10;

/** What is wrong with the run; empty where nothing was lost, ran twice, or took longer than a minute. */
export function faultsOf(report: KillReport): readonly string[] {
  const { reckoning, events } = report;
  const { lost, ranTwice, neverRan, unasked } = reckoning;
  return [
    ...lateness(report),
    ...list("operations were accepted and did not end", lost),
    ...list("calls ran twice that must not", ranTwice),
    ...list("operations are done, and never ran", neverRan),
    ...list("calls ran that nobody had accepted", unasked),
    ...list("events were never told to the watcher", events.missing),
    ...(events.repeated === 0 ? [] : [`${events.repeated} events were told again, or out of their order`]),
    ...unfulfilled(report),
  ];
}

function unfulfilled({ options, compliance, notApplied }: KillReport): readonly string[] {
  if (compliance.applied === options.devices) return [];
  const others = notApplied.map(({ device, version, state }) => `${device} ${state} (${version})`);
  return [
    `the policy is applied by ${compliance.applied} of ${options.devices}, not by ${others.join(", ")}`,
  ];
}

function lateness({ recoveries, notHad }: KillNotes): readonly string[] {
  const late = recoveries.filter((recovery) => !isGood(recovery)).map(({ trouble }) => trouble);
  return [
    ...list("troubles took longer than a minute to recover from", late),
    ...list("troubles were not had to their end, as no time was left", notHad),
  ];
}

function list(what: string, all: readonly unknown[]): readonly string[] {
  return all.length === 0 ? [] : [`${all.length} ${what}: ${all.slice(0, SHOWN).join(", ")}`];
}

/** The whole of it, for people. */
export function killReportText(report: KillReport): string {
  const { options, attachSeconds, reckoning, refusals, events, compliance } = report;
  const { devices } = options;
  const states = [...reckoning.states].map(([state, count]) => `${count} ${state}`);
  const faults = faultsOf(report);
  const sums = [
    ["devices", devices],
    ["seconds until all were in", attachSeconds],
    ["operations accepted", reckoning.accepted],
    ["of them", states.join(", ")],
    ["accepted minus ended", reckoning.lost.length],
    ["RPCs with a mark that devices ran", reckoning.ran],
    ["ran twice that must not", reckoning.ranTwice.length],
    ["done, and never ran", reckoning.neverRan.length],
    ["answers that managers had to ask for again", refusals],
    ["events stored", events.stored],
    ["of them never told to the watcher", events.missing.length],
    ["devices that apply the policy's last version", compliance.applied],
  ] as const;
  return [
    headline(report),
    paceText(options),
    textTable([["", "count"], ...sums]),
    ...recoveryTexts(report),
    "Operations by the trouble during or after which they were accepted:",
    reckoningTable(report),
    ...usageTexts(report),
    faults.length === 0 ? "Nothing is wrong." : faults.map((fault) => `FAILED ${fault}`).join("\n"),
  ].join("\n\n");
}

/** What there is to say of a run that did not come to its end. */
export function brokenReportText({ message, notes }: BrokenRunError): string {
  const { attachSeconds } = notes;
  const came =
    attachSeconds === undefined ? "not all devices came" : `all came in ${attachSeconds.toFixed(1)} s`;
  return [
    `${headline(notes)}; ${notes.options.devices} devices, ${came}`,
    ...recoveryTexts(notes),
    ...usageTexts(notes),
    [message, ...lateness(notes)].map((fault) => `FAILED ${fault}`).join("\n"),
  ].join("\n\n");
}

function headline({ options, seconds }: KillNotes): string {
  const processes = Object.entries(options.topology).map(([role, count]) => `${count} ${role}`);
  return `${processes.join(", ")}, NATS and PostgreSQL; ${seconds.toFixed(0)} s in all`;
}

/** How fast it all went: what many devices slow down, unlike what is promised. */
function paceText(options: KillRunOptions): string {
  const { callers, pauseMs, policyPerSecond = POLICY_PER_SECOND, informSeconds, retrySeconds } = options;
  const wishes = (callers * 1_000) / pauseMs;
  return (
    `Managers want at most ${wishes.toFixed(0)} things a second; a policy begins with ${policyPerSecond} devices a second; ` +
    `devices Inform every ${informSeconds} s, and try again after ${retrySeconds} to ${2 * retrySeconds} s at first.`
  );
}

function recoveryTexts(notes: KillNotes): readonly string[] {
  if (notes.recoveries.length === 0) return [];
  return [
    "Seconds from the kill, or from when the line or the server was there again:",
    recoveryTable(notes),
    "Seconds that devices were out which came back, and until the probed ones answered, and how busy the machine's cores were:",
    spreadTable(notes),
  ];
}

function spreadTable({ recoveries }: KillNotes): string {
  const spread = (of: string): readonly string[] => [of, "p50", "p90", "most"];
  const rows = recoveries.map(({ trouble, outages, answers, busy }) => [
    ...[trouble, outages.count, outages.p50, outages.p90, outages.most],
    ...[answers.count, answers.p50, answers.p90, answers.most, `${(busy * 100).toFixed(0)} %`],
  ]);
  return textTable([["trouble", ...spread("came back"), ...spread("answered"), "busy"], ...rows]);
}

function reckoningTable({ reckonings }: KillReport): string {
  const rows = [...reckonings].map(([name, { accepted, lost, ran, ranTwice, neverRan }]) => [
    ...[name, accepted, accepted - lost.length, ran, ranTwice.length, lost.length, neverRan.length],
  ]);
  const head = ["trouble", "accepted", "ended", "ran on devices", "ran twice", "lost", "done, never ran"];
  return textTable([head, ...rows]);
}

function usageTexts({ usages }: KillNotes): readonly string[] {
  if (usages.length === 0) return [];
  const rows = usages.map(({ name, cpuSeconds, mostMb }) => [name, cpuSeconds, mostMb]);
  return [
    "What each process took, over all of its lives:",
    textTable([["process", "CPU s", "most MB of its own"], ...rows]),
  ];
}

function recoveryTable({ recoveries }: KillNotes): string {
  const names = [...(recoveries[0]?.watchers.keys() ?? [])];
  const head = ["trouble", "devices out at most", "all in", "probed answer", ...names];
  const rows = recoveries.map(({ trouble, mostOut, isIn, reached, watchers }) => [
    ...[trouble, mostOut, isIn, reached],
    ...names.map((name) => watchers.get(name)),
  ]);
  return textTable([head, ...rows]);
}

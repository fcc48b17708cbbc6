// `npm run machines`: the ACS as many processes, killed and cut off one after the other. `npm run machines -- figures` and the
// others measure such an ACS instead. `--report file.md` writes what is printed at the end into a file as well.
import { chmodSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { tempDir } from "@heliograph/testkit";
import { attachedText } from "./attached-run.ts";
import { figuresText } from "./figures-run.ts";
import { brokenReportText, faultsOf, killReportText } from "./kill-report.ts";
import { BrokenRunError, killRun, POLICY_PER_SECOND } from "./kill-run.ts";
import { endChildren } from "./left-behind.ts";
import { lightProcessesText } from "./light-processes-run.ts";
import { whyNoCuts, whyNoMachines } from "./machines.ts";
import { removeNetworks } from "./network.ts";
import { RunTime } from "./run-time.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    devices: { type: "string" },
    report: { type: "string" },
    /** Of all troubles, those with one of these in their names, which commas divide. */
    troubles: { type: "string", default: "" },
    /** The whole of `kill` in so many minutes: troubles for which no time is left are not had, and the report says so. */
    minutes: { type: "string", default: "25" },
    /** Seconds: a device that lost its ACS tries again after that long to twice as long, and then after twice that. */
    retry: { type: "string" },
    /** No line is cut. */
    "no-cuts": { type: "boolean", default: false },
  },
});

const stop = new AbortController();
const SCENARIOS: Readonly<Record<string, () => Promise<string>>> = {
  kill,
  figures: () => unlessStopped(figuresText({ devices: count(500), tell })),
  "light-processes": () => unlessStopped(lightProcessesText({ devices: count(200), tell })),
  attached: () => unlessStopped(attachedText({ devices: count(25_000), tell })),
};

const PATIENCE_MS = 180_000;
/** Of the half of all devices that is with a process which is killed. */
const RETURNS_PER_SECOND = 500;
/** Once it is stopped, so long everything may take to end in order. */
const LEAVE_MS = 60_000;

const [name = "kill"] = positionals;
const scenario = SCENARIOS[name];
const reason = whyNoMachines();
if (scenario === undefined) {
  refuse(`npm run machines -- <scenario>; there are: ${Object.keys(SCENARIOS).join(", ")}`);
} else if (reason !== undefined) {
  refuse(reason);
} else {
  leaveNothing();
  stopEarly();
  await finish(scenario);
}
// A line that hangs may keep the process from ending.
process.exit();

/** However this process ends, with it go its processes, its networks and its folders, which what is killed cannot take away. */
function leaveNothing(): void {
  const folder = tempDir();
  // PostgreSQL may run as somebody else.
  chmodSync(folder.path, 0o711);
  process.env["TMPDIR"] = folder.path;
  process.once("exit", () => {
    endChildren();
    removeNetworks();
    folder[Symbol.dispose]();
  });
}

/** By Ctrl-C, or by what nobody caught: what is known by then is still written down. */
function stopEarly(): void {
  const end = (why: Error): void => {
    tell(`ending: ${why.message}`);
    stop.abort(why);
    setTimeout(() => process.exit(), LEAVE_MS);
  };
  process.once("uncaughtException", end);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => end(new Error(`interrupted by ${signal}`)));
  }
}

/** Writes down what comes of it, be it what went wrong. */
async function finish(run: () => Promise<string>): Promise<void> {
  const text = await run().catch((error: unknown) => {
    process.exitCode = 1;
    return `FAILED ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  });
  if (text.includes("FAILED")) process.exitCode = 1;
  tell(`\n${text}`);
  if (values.report !== undefined) writeFileSync(values.report, `${text}\n`);
}

async function kill(): Promise<string> {
  const noCuts = values["no-cuts"] ? "by --no-cuts" : whyNoCuts();
  if (noCuts !== undefined) tell(`no line is cut: ${noCuts}`);
  const devices = count(10_000);
  const wanted = values.troubles.split(",").map((word) => word.trim());
  const report = await killRun({
    topology: { cwmp: 2, light: 2, engine: 2, api: 2 },
    cuts: noCuts === undefined,
    ...{ devices, classicEvery: 10, ...paceOf(devices), lengths: { downMs: 2_000, cutMs: 10_000 } },
    ...{ callers: 4, pauseMs: 200, probes: Math.min(devices, 300), patienceMs: PATIENCE_MS },
    ...{ mostMs: Number(values.minutes) * 60_000, signal: stop.signal },
    choose: ({ name }) => wanted.some((word) => name.includes(word)),
    tell,
  }).catch(broken);
  if (typeof report === "string") return report;
  if (faultsOf(report).length > 0) {
    process.exitCode = 1;
    process.stderr.write(`${report.complaints}\n`);
  }
  return killReportText(report);
}

function broken(thrown: unknown): string {
  // What broke the run may have kept its parts from ending as well.
  const error: unknown = thrown instanceof SuppressedError ? thrown.suppressed : thrown;
  if (!(error instanceof BrokenRunError)) throw thrown;
  process.exitCode = 1;
  process.stderr.write(`${error.notes.complaints}\n`);
  return brokenReportText(error);
}

async function unlessStopped(text: Promise<string>): Promise<string> {
  return new RunTime(Infinity, stop.signal).within(text);
}

/** What many devices do beside all else, and all at once, is to be no more than two cores bear, which run them as well. */
function paceOf(devices: number) {
  const isMany = devices > 2_000;
  const retry = Math.max(5, Math.ceil(devices / 2 / RETURNS_PER_SECOND));
  return {
    fleets: isMany ? 2 : 1,
    informSeconds: isMany ? 300 : 120,
    retrySeconds: Number(values.retry ?? retry),
    policyPerSecond: isMany ? 60 : POLICY_PER_SECOND,
  };
}

function count(usual: number): number {
  return Number(values.devices ?? usual);
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 2;
}

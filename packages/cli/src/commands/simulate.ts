import type { Fleet, Progress, Rates } from "@heliograph/simulator";
import { setTimeout } from "node:timers/promises";
import { CommandError } from "../command-error.ts";
import { command } from "../command.ts";
import { readDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-code.ts";
import { rootMessage } from "../explain-error.ts";
import { fleetFlags } from "../fleet-flags.ts";
import { progressLine, showSummary } from "../fleet-words.ts";
import { showJson } from "../output.ts";
import type { Terminal } from "../terminal.ts";

const WATCHED_MS = 1_000;
/** Where nobody watches, lines go to a file. */
const UNWATCHED_MS = 10_000;

export const simulate = command({
  name: "simulate",
  section: "The server",
  summary: "Run a fleet of simulated devices against an ACS",
  about: [
    "Routers, optical terminals, set-top boxes and smart meters, each with a serial number, a software version and values " +
      "of its own, which change. They serve what the ACS asks and listen for its connection requests.",
    "Progress goes to standard error, what came of it to standard output. Ctrl-C ends the fleet in order, a second one at " +
      "once.",
  ],
  arguments: [],
  flags: fleetFlags,
  examples: [
    { line: "simulate", shows: "twenty devices, half of them light, with an ACS on this machine" },
    {
      line: "simulate --devices 10000 --mix light --rate 200 --duration 10min",
      shows: "many light ones, and how fast they were served",
    },
    {
      line: "simulate --devices 800 --mix json=4,soap=1,stomp=1,classic=2",
      shows: "some of each kind, and how fast each was served",
    },
    {
      line: "simulate --mix classic --slow 10 --rebooting 5 --json",
      shows: "classic ones, some of them in trouble, for a program",
    },
  ],
  async run(given, terminal) {
    using interruption = terminal.interruption();
    const duration = given.text("duration");
    const lifeMs = duration === undefined ? undefined : readDuration("duration", duration);
    // Loaded here, so that commands that only ask an ACS need not load them.
    const { readFleet } = await import("../read-fleet.ts");
    const { ratesBetween, simulateFleet } = await import("@heliograph/simulator");
    const options = readFleet(given, terminal.environment);
    const fleet = await simulateFleet(options).catch((error: unknown) => {
      throw new CommandError(`the fleet cannot start: ${rootMessage(error)}`, exitCodes.refused);
    });
    await watchFleet(fleet, { lifeMs, signal: interruption.signal, ratesBetween }, terminal);
    const progress = fleet.progress();
    terminal.err("switching the devices off; Ctrl-C ends it at once");
    await fleet.close();
    if (given.isOn("json")) showJson(terminal, progress);
    else showSummary(terminal, progress, ratesBetween(progress));
    return endOf(progress, terminal);
  },
});

interface Watch {
  /** Undefined where only Ctrl-C ends it. */
  readonly lifeMs: number | undefined;
  readonly signal: AbortSignal;
  readonly ratesBetween: (later: Progress, earlier?: Progress) => Rates;
}

/** Tells how the fleet stands until its life is over. */
async function watchFleet(
  fleet: Fleet,
  { lifeMs, signal, ratesBetween }: Watch,
  terminal: Terminal,
): Promise<void> {
  const endsAt = terminal.now() + (lifeMs ?? Number.POSITIVE_INFINITY);
  const stepMs = terminal.isWatched ? WATCHED_MS : UNWATCHED_MS;
  let earlier: Progress | undefined;
  for (;;) {
    const leftMs = endsAt - terminal.now();
    if (leftMs <= 0 || signal.aborted) return;
    await setTimeout(Math.min(stepMs, leftMs), undefined, { signal }).catch(() => undefined);
    const progress = fleet.progress();
    terminal.status(progressLine(progress, ratesBetween(progress, earlier)));
    earlier = progress;
  }
}

/** An ACS that took no device at all was not there. */
function endOf({ started, informed, failures }: Progress, terminal: Terminal): ExitCode {
  if (started === 0 || informed > 0) return exitCodes.done;
  const [first] = failures;
  terminal.err(`no device reached the ACS${first === undefined ? "" : `: ${first.reason}`}`);
  return exitCodes.unreachable;
}

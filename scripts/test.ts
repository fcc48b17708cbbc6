// `npm test`: every test there is. `npm test -- packages/protocol examples` runs those under the paths named.
import { availableParallelism } from "node:os";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { COMPILE_CACHE, ROOT, sources } from "./check/sources.ts";
import { FilesUnderWay } from "./test/files-under-way.ts";
import { PATH_TOOLS, findOnPath } from "./test/path-tools.ts";
import { TEST_DATA, parseRequirement, type Requirement } from "./test/requirement.ts";
import { describeSkips, skippedTooMuch } from "./test/skips.ts";

const TESTS = ["packages/*/{src,test}/**/*.test.ts", "examples/**/*.test.ts", "scripts/**/*.test.ts"];

/** Nothing of ours waits this long: a test that does hangs, and is ended. */
const TEST_TIMEOUT_MS = 400_000;

/** A file that is silent for longer than Node gives a test, or than any takes to start or to end, hangs. */
const PATIENCE = { inTestMs: TEST_TIMEOUT_MS + 20_000, betweenMs: 240_000 };

/** How many files are named that took longest. */
const SLOWEST = 10;

interface Tally {
  /** Node's own verdict, which knows of failures outside any test. */
  succeeded: boolean;
  passed: number;
  failed: number;
  readonly skips: Map<string, number>;
}

process.exitCode = (await testAll(process.argv.slice(2))) ? 0 : 1;

async function testAll(under: readonly string[]): Promise<boolean> {
  const requirement = parseRequirement(process.env["HELIOGRAPH_REQUIRE"]);
  if (requirement === undefined) {
    console.error("HELIOGRAPH_REQUIRE is all, tools or nothing at all");
    return false;
  }
  const files = (await sources(...TESTS)).filter(
    (file) => under.length === 0 || under.some((path) => file.startsWith(path.replace(/^[.]\//, ""))),
  );
  if (files.length === 0) {
    console.error(`no tests under ${under.join(", ")}`);
    return false;
  }
  announce(requirement);
  const tally = await runFiles(files);
  return conclude(tally, requirement);
}

/** Says before the run what it can stand on, so that a skip comes as no surprise. */
function announce(requirement: Requirement): void {
  console.log(`Node ${process.versions.node}, ${availableParallelism()} at a time`);
  for (const { name, usedFor } of PATH_TOOLS) {
    console.log(`${name}: ${findOnPath(name) ?? `not on PATH; tests skip that show ${usedFor}`}`);
  }
  console.log(
    `${TEST_DATA}: ${process.env[TEST_DATA] ?? "not set; tests skip that read messages of real devices"}`,
  );
  if (requirement !== "nothing") console.log(`HELIOGRAPH_REQUIRE=${requirement}: skips are failures`);
}

async function runFiles(files: readonly string[]): Promise<Tally> {
  const tally: Tally = { succeeded: false, passed: 0, failed: 0, skips: new Map() };
  process.env["NODE_COMPILE_CACHE"] = COMPILE_CACHE;
  const underWay = new FilesUnderWay(ROOT, PATIENCE);
  const events = run({
    files: [...files],
    cwd: ROOT,
    concurrency: availableParallelism(),
    timeout: TEST_TIMEOUT_MS,
    signal: underWay.signal,
  });
  events.on("test:dequeue", (news) => underWay.begun(news));
  events.on("test:complete", (news) => underWay.ended(news));
  events.on("test:pass", ({ skip, todo, details }) => {
    const leftOut = skip ?? todo;
    if (leftOut !== undefined) {
      const reason = typeof leftOut === "string" ? leftOut : "no reason given";
      tally.skips.set(reason, (tally.skips.get(reason) ?? 0) + 1);
    } else if (details.type !== "suite") {
      tally.passed += 1;
    }
  });
  events.on("test:fail", ({ details }) => {
    if (details.type !== "suite") tally.failed += 1;
  });
  events.on("test:summary", ({ file, success }) => {
    if (file === undefined) tally.succeeded = success;
  });
  const report = events.compose(spec);
  report.pipe(process.stdout, { end: false });
  await finished(report);
  for (const [file, seconds] of underWay.slowest(SLOWEST)) console.log(`${seconds.toFixed(1)} s: ${file}`);
  return tally;
}

function conclude({ succeeded, passed, failed, skips }: Tally, requirement: Requirement): boolean {
  const skipped = [...skips.values()].reduce((sum, count) => sum + count, 0);
  for (const line of describeSkips(skips, requirement)) console.log(line);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return succeeded && failed === 0 && passed > 0 && !skippedTooMuch(skips, requirement);
}

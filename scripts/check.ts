// `npm run check`: all that a change must pass before it leaves. `npm run check -- spec sizes` runs the steps named
// and shows their whole output.
import { availableParallelism } from "node:os";
import { asyncapi } from "./check/asyncapi.ts";
import { directions } from "./check/directions.ts";
import { format } from "./check/format.ts";
import { lint } from "./check/lint.ts";
import { schemas } from "./check/schemas.ts";
import { sizes } from "./check/sizes.ts";
import { spec } from "./check/spec.ts";
import type { Outcome, Step } from "./check/step.ts";
import { types } from "./check/types.ts";
import { gatewayUnit, pureUnit, unit } from "./check/unit.ts";
import { words } from "./check/words.ts";

/** The longest first, so that no core waits at the end. */
const STEPS: readonly Step[] = [
  ...[gatewayUnit, unit, lint, pureUnit, types, format],
  ...[directions, asyncapi, schemas, spec, sizes, words],
];

process.exitCode = (await check(process.argv.slice(2))) ? 0 : 1;

async function check(names: readonly string[]): Promise<boolean> {
  const unknown = names.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(
      `no such step: ${unknown.join(", ")}; there are ${STEPS.map(({ name }) => name).join(", ")}`,
    );
    return false;
  }
  const started = performance.now();
  const waiting = STEPS.filter(({ name }) => names.length === 0 || names.includes(name));
  const verdicts: boolean[] = [];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      verdicts.push(await runStep(step, names.length > 0));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const failed = verdicts.filter((ok) => !ok).length;
  console.log(
    failed === 0
      ? `check passed in ${since(started)}`
      : `check failed: ${failed} of ${verdicts.length} steps`,
  );
  return failed === 0;
}

async function runStep(step: Step, verbose: boolean): Promise<boolean> {
  const started = performance.now();
  const { ok, figures, output } = await outcomeOf(step);
  console.log(
    `${ok ? "ok  " : "FAIL"} ${step.name.padEnd(10)} ${since(started).padStart(7)}  ${figures}`.trimEnd(),
  );
  if (verbose || !ok) console.log(output.trimEnd());
  return ok;
}

/** A step that throws has failed; the other steps still run. */
async function outcomeOf(step: Step): Promise<Outcome> {
  try {
    return await step.run();
  } catch (error) {
    return {
      ok: false,
      figures: "",
      output: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

function since(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

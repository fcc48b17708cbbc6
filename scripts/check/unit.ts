import type { Step } from "./step.ts";
import { runNode } from "./tool.ts";

const RUN = ["--test", "--test-reporter=spec"];

/** They share nothing but code, so one process does them all: to start one for each file takes longer than its tests. */
const TOGETHER = [
  "--test-isolation=none",
  "packages/{agent,api,protocol,simulator,testkit}/src/**/*.test.ts",
  "packages/protocol/test/**/*.test.ts",
];
const APART = ["packages/{cli,server}/src/**/*.test.ts", "scripts/**/*.test.ts"];

/** The tests beside the code. Whole-server tests and examples run with `npm test`. */
export const unit: Step = {
  name: "unit tests",
  async run() {
    const apart = await runNode([...RUN, ...APART]);
    const together = await runNode([...RUN, ...TOGETHER]);
    const output = apart.output + together.output;
    const count = (what: string): number =>
      [...output.matchAll(new RegExp(`ℹ ${what} (\\d+)`, "g"))].reduce((sum, [, n]) => sum + Number(n), 0);
    return {
      ok: apart.ok && together.ok,
      output,
      figures: `${count("pass")} passed, ${count("fail")} failed, ${count("skipped")} skipped`,
    };
  },
};

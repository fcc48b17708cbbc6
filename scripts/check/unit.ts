import { tool } from "./tool.ts";

/** The tests beside the code. Whole-server tests and examples run with `npm test`. */
export const unit = tests("unit tests", [
  "packages/{cli,server}/src/**/*.test.ts",
  "packages/conformance/test/device.test.ts",
  "scripts/**/*.test.ts",
]);

/** They share nothing but code, so one process does them all: to start one for each file takes longer than its tests. */
export const pureUnit = tests("pure tests", [
  "--test-isolation=none",
  "packages/{agent,api,protocol,simulator,testkit}/src/**/*.test.ts",
  "packages/protocol/test/**/*.test.ts",
]);

function tests(name: string, command: readonly string[]) {
  return tool(name, ["--test", "--test-reporter=spec", ...command], (output) => {
    const count = (what: string): string => new RegExp(`ℹ ${what} (\\d+)`).exec(output)?.[1] ?? "0";
    return `${count("pass")} passed, ${count("fail")} failed, ${count("skipped")} skipped`;
  });
}

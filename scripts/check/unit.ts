import { tool } from "./tool.ts";

/**
 * The tests beside the code that have processes, files or threads of their own. Whole-server tests, those of the store in
 * PostgreSQL, and examples run with `npm test`. These and each of the next share nothing but code, so one process does them
 * all: to start one for each file takes longer.
 */
export const unit = tests("unit tests", [
  "packages/cli/src/**/*.test.ts",
  "packages/server/src/{main,stomp}/**/*.test.ts",
  "packages/server/src/store/!(postgres*|pglite).test.ts",
  "packages/server/src/store/*/**/*.test.ts",
  "packages/conformance/test/device.test.ts",
  "scripts/**/*.test.ts",
]);

export const gatewayUnit = tests("gateways", ["packages/server/src/southbound/**/*.test.ts"]);

export const pureUnit = tests("pure tests", [
  "packages/{agent,api,protocol,simulator,testkit}/src/**/*.test.ts",
  "packages/protocol/test/**/*.test.ts",
  "packages/server/src/{bus,engine,northbound,ports}/**/*.test.ts",
]);

function tests(name: string, command: readonly string[]) {
  return tool(name, ["--test", "--test-isolation=none", "--test-reporter=spec", ...command], (output) => {
    const count = (what: string): string => new RegExp(`ℹ ${what} (\\d+)`).exec(output)?.[1] ?? "0";
    return `${count("pass")} passed, ${count("fail")} failed, ${count("skipped")} skipped`;
  });
}

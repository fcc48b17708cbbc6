import { tool } from "./tool.ts";

const TESTS = ["packages/*/src/**/*.test.ts", "packages/protocol/test/**/*.test.ts", "scripts/**/*.test.ts"];

/** The tests beside the code. Whole-server tests and examples run with `npm test`. */
export const unit = tool("unit tests", ["--test", "--test-reporter=spec", ...TESTS], (output) => {
  const count = (what: string): string => new RegExp(`${what} (\\d+)`).exec(output)?.[1] ?? "0";
  return `${count("ℹ pass")} passed, ${count("ℹ fail")} failed, ${count("ℹ skipped")} skipped`;
});

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseRegister, type Register, type RuleState } from "./register.ts";
import { ruleIds, testTitles } from "./rule-ids.ts";
import { ROOT, isTest, sources } from "./sources.ts";
import type { Step } from "./step.ts";

/** A file that may name rules. */
export interface Named {
  readonly path: string;
  readonly text: string;
}

/** The requirement register against the code and the tests that name its rules. */
export const spec: Step = {
  name: "spec",
  async run() {
    const lists = (await sources("spec/*.md")).filter((path) => !path.endsWith("README.md"));
    const registers = (await Promise.all(lists.map(read))).map(({ path, text }) => parseRegister(path, text));
    const code = await Promise.all((await sources("packages/**/*.ts", "{examples,bench}/**/*.ts")).map(read));
    const mistakes = judge(registers, code);
    return {
      ok: mistakes.length === 0,
      figures: registers.map(({ name, rules }) => `${name}: ${counts(rules)}`).join("; "),
      output: [...mistakes, ...registers.map(passTable)].join("\n"),
    };
  },
};

/** What is wrong between the register and the files that name its rules, one line each; empty when nothing is. */
export function judge(registers: readonly Register[], code: readonly Named[]): readonly string[] {
  const rules = registers.flatMap((register) => register.rules);
  const known = new Set(rules.map(({ id }) => id));
  const tested = new Set(
    code
      .filter(({ path }) => isTest(path))
      .flatMap(({ path, text }) => testTitles(path, text).flatMap(ruleIds)),
  );
  return [
    ...registers.flatMap(({ mistakes }) => mistakes),
    ...rules
      .filter((rule, index) => rules.findIndex(({ id }) => id === rule.id) !== index)
      .map(({ id }) => `${id}: given twice`),
    ...rules
      .filter(({ id, state }) => state === "done" && !tested.has(id))
      .map(({ id }) => `${id}: done, and no test's title names it`),
    ...rules
      .filter(({ id, state }) => state === "left-out" && tested.has(id))
      .map(({ id }) => `${id}: left out, and a test's title names it`),
    ...code.flatMap(({ path, text }) =>
      ruleIds(text)
        .filter((id) => !known.has(id))
        .map((id) => `${path}: ${id} is no rule of the register`),
    ),
  ];
}

async function read(path: string): Promise<Named> {
  return { path, text: await readFile(resolve(ROOT, path), "utf8") };
}

function passTable({ name, rules }: Register): string {
  const sections = [...new Set(rules.map(({ section }) => section))];
  const lines = sections.map((section) => {
    const own = rules.filter((rule) => rule.section === section);
    return `  ${section.padEnd(32)} ${counts(own)}`;
  });
  return [`${name}: ${counts(rules)}`, ...lines].join("\n");
}

function counts(rules: Register["rules"]): string {
  const count = (state: RuleState): number => rules.filter((rule) => rule.state === state).length;
  const leftOut = count("left-out");
  return `${count("done")} done, ${count("planned")} planned${leftOut === 0 ? "" : `, ${leftOut} left out`}`;
}

import { basename } from "node:path";

/** `left-out`: it will not be built, and a decision record says why. */
export type RuleState = "done" | "planned" | "left-out";

/** One rule of the requirement register (spec/README.md). */
export interface Rule {
  readonly id: string;
  readonly section: string;
  readonly state: RuleState;
  readonly text: string;
  /** Where the rule was read, such as `XSD 1.4` or `TR-069 3.7`. */
  readonly source: string;
}

export interface Register {
  /** What its ids begin with: the file's name in capitals. */
  readonly name: string;
  readonly rules: readonly Rule[];
  /** Lines that look like rules and are none. */
  readonly mistakes: readonly string[];
}

const RULE = /^- \[(?<mark>[ x-])\] `(?<id>[A-Z0-9]+-[A-Z]+-[1-9]\d*)` (?<text>.+) \((?<source>[^()]+)\)$/;

/** Reads one file of the register. */
export function parseRegister(path: string, markdown: string): Register {
  const name = basename(path, ".md").toUpperCase();
  const rules: Rule[] = [];
  const mistakes: string[] = [];
  let section = "";
  for (const [index, line] of markdown.split("\n").entries()) {
    if (line.startsWith("## ")) section = line.slice(3);
    if (!line.startsWith("- ")) continue;
    const rule = parseRule(line, section);
    if (rule === undefined || !rule.id.startsWith(`${name}-`)) {
      mistakes.push(`${path}:${index + 1}: not a rule of ${name}: ${line}`);
    } else {
      rules.push(rule);
    }
  }
  return { name, rules, mistakes };
}

function parseRule(line: string, section: string): Rule | undefined {
  const { mark, id, text, source } = RULE.exec(line)?.groups ?? {};
  if (id === undefined || text === undefined || source === undefined) return undefined;
  return { id, section, state: stateOf(mark), text, source };
}

function stateOf(mark: string | undefined): RuleState {
  if (mark === "x") return "done";
  return mark === "-" ? "left-out" : "planned";
}

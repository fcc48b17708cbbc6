import { isAmong, subprotocols, type Need, type Row, type Subprotocol } from "@heliograph/conformance";
import { UsageError } from "./command-error.ts";
import { jsonFlag, type Flag } from "./command.ts";
import { exitCodes, type ExitCode } from "./exit-code.ts";
import type { Given } from "./given.ts";
import { paint, printable, showJson } from "./output.ts";
import type { Terminal } from "./terminal.ts";

/** Of both ways to test. */
export const conformanceFlags = [
  { name: "subprotocol", value: "name", default: "cwmp.json", help: "cwmp.json, cwmp.soap or v12.stomp" },
  { name: "rule", value: "id,…", help: "only these rules of the register; LIGHT-OPEN is all that begin so" },
  { name: "slow", help: "also what takes a ping interval or a retry" },
  { name: "destructive", help: "also what may leave the other side otherwise than it was" },
  { name: "patience", value: "seconds", default: "5", help: "how long an answer is waited for" },
  jsonFlag,
] as const satisfies readonly Flag[];

type ConformanceFlag = (typeof conformanceFlags)[number]["name"];

const TONES = { pass: "good", fail: "bad", skipped: "quiet" } as const;

/** What both ways to test are given; `rulesOf`: what can be tested. Throws {@link UsageError}. */
export function readConformance(
  given: Given<ConformanceFlag>,
  terminal: Terminal,
  rulesOf: (subprotocol: Subprotocol) => ReadonlySet<string>,
) {
  const subprotocol = readSubprotocol(given.text("subprotocol"));
  const rules = readRules(given.text("rule"), rulesOf(subprotocol));
  const patienceMs = (given.number("patience") ?? 0) * 1_000;
  if (patienceMs === 0) throw new UsageError("--patience must be more than 0 s, such as --patience 5");
  const allowed = new Set<Need>();
  if (given.isOn("slow")) allowed.add("time");
  if (given.isOn("destructive")) allowed.add("destruction");
  const onRow = given.isOn("json") ? {} : { onRow: (row: Row) => showRow(terminal, row) };
  return {
    ...{ subprotocol, patienceMs },
    options: { allowed, ...(rules === undefined ? {} : { rules }), ...onRow },
  };
}

/** Ends the table with how many there are of each, or writes all of it for a program. */
export function endConformance(
  rows: readonly Row[],
  { terminal, isJson }: { readonly terminal: Terminal; readonly isJson: boolean },
): ExitCode {
  const count = (verdict: Row["verdict"]): number => rows.filter((row) => row.verdict === verdict).length;
  if (isJson) showJson(terminal, rows);
  else terminal.out(`${count("pass")} passed, ${count("fail")} failed, ${count("skipped")} skipped`);
  return count("fail") === 0 ? exitCodes.done : exitCodes.ended;
}

function showRow(terminal: Terminal, { rule, text, verdict, reason, sent, expected, came }: Row): void {
  const word = paint(terminal, { text: verdict.padEnd(7), tone: TONES[verdict] });
  const why = reason === undefined ? "" : ` (${reason})`;
  terminal.out(`${word}  ${rule.padEnd(17)}  ${text}${why}`);
  if (verdict !== "fail") return;
  for (const [name, value = ""] of [
    ["sent", sent],
    ["expected", expected],
    ["came", came],
  ] as const) {
    terminal.out(`         ${name.padEnd(8)}  ${printable(value)}`);
  }
}

function readSubprotocol(name: string | undefined): Subprotocol {
  const found = subprotocols.find((one) => one === name);
  if (found === undefined) throw new UsageError(`--subprotocol must be of ${subprotocols.join(", ")}`);
  return found;
}

function readRules(written: string | undefined, known: ReadonlySet<string>): readonly string[] | undefined {
  const names = written?.split(",").map((name) => name.trim());
  const odd = names?.find((name) => ![...known].some((rule) => isAmong(rule, [name])));
  if (odd === undefined) return names;
  const areas = new Set([...known].map((rule) => rule.replace(/-\d+$/, "")));
  throw new UsageError(
    `--rule ${odd} is nothing that is tested here: write an id such as ${[...known][0]}, or of ${[...areas].join(", ")}`,
  );
}

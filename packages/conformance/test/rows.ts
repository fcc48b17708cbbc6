import type { Row } from "@heliograph/conformance";

/** What failed, with what came. */
export function failuresOf(rows: readonly Row[]): readonly string[] {
  return rows
    .filter(({ verdict }) => verdict === "fail")
    .map(
      ({ rule, text, sent, expected, came }) =>
        `${rule} ${text}: ${sent}: ${expected} expected, ${came} came`,
    );
}

/** The reasons of what was not looked at. */
export function skippedOf(rows: readonly Row[]): readonly string[] {
  return rows.filter(({ verdict }) => verdict === "skipped").map(({ rule, reason }) => `${rule}: ${reason}`);
}

/** The rules of which a row failed, each once. */
export function rulesBroken(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.filter(({ verdict }) => verdict === "fail").map(({ rule }) => rule))];
}

/** Those that were looked at, but for some; the one that is asked for is among them in any case. */
export function rulesBut(rows: readonly Row[], others: readonly string[], asked: string): readonly string[] {
  return [...new Set(rows.map(({ rule }) => rule))].filter(
    (rule) => rule === asked || !others.includes(rule),
  );
}

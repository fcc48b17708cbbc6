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

import { AcsSeat, type AcsTarget } from "./acs/acs-seat.ts";
import type { Need, Row } from "./case.ts";
import { acsCases } from "./cases/acs/index.ts";
import { runCases } from "./run-cases.ts";
import type { Subprotocol } from "./speech/speech.ts";
import { Trail } from "./trail.ts";

export interface TestOptions {
  /** What may be done that takes long or leaves traces. */
  readonly allowed: ReadonlySet<Need>;
  /** The ids of the rules to test, all where it is left out; `LIGHT-OPEN` is each that begins so. */
  readonly rules?: readonly string[];
  /** Called with each row as it is known. */
  readonly onRow?: (row: Row) => void;
  readonly signal?: AbortSignal;
}

/** A case may take so much longer than the other side is waited for. */
const CASE_MS = 120_000;

/** Tests an ACS: the kit is a device that Informs, opens sockets and says what devices say, and what none should. */
export async function testAcs(target: AcsTarget, options: TestOptions): Promise<readonly Row[]> {
  const trail = new Trail();
  const cases = acsCases[target.subprotocol].filter(({ rule }) => isAmong(rule, options.rules));
  const seat = new AcsSeat(target, trail);
  return runCases({ ...options, cases, seat, trail, limitMs: CASE_MS + target.patienceMs });
}

/** The rules that an ACS is tested for. */
export function rulesOfAcs(subprotocol: Subprotocol): ReadonlySet<string> {
  return new Set(acsCases[subprotocol].map(({ rule }) => rule));
}

/** Whether a rule is one of those named. */
export function isAmong(rule: string, rules: readonly string[] | undefined): boolean {
  return rules === undefined || rules.some((name) => rule === name || rule.startsWith(`${name}-`));
}

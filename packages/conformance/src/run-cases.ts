import { Deviation, NotTested, type Case, type Need, type Row } from "./case.ts";
import type { Trail } from "./trail.ts";

export interface RunOptions<S> {
  readonly cases: readonly Case<S>[];
  readonly seat: S;
  readonly trail: Trail;
  readonly allowed: ReadonlySet<Need>;
  /** A case that takes longer has failed: the other side keeps it waiting. */
  readonly limitMs: number;
  readonly onRow?: (row: Row) => void;
  readonly signal?: AbortSignal;
}

const REFUSALS: Readonly<Record<Need, string>> = {
  time: "it takes a minute or more: --slow does it",
  destruction: "it may leave the other side otherwise than it was: --destructive does it",
};

/** Does one case after the other, and says of each what came of it. */
export async function runCases<S>(options: RunOptions<S>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const one of options.cases) {
    if (options.signal?.aborted === true) break;
    const row = await rowOf(one, options);
    rows.push(row);
    options.onRow?.(row);
  }
  return rows;
}

async function rowOf<S>(one: Case<S>, { seat, trail, allowed, limitMs }: RunOptions<S>): Promise<Row> {
  const { rule, text, needs } = one;
  if (needs !== undefined && !allowed.has(needs)) {
    return { rule, text, verdict: "skipped", reason: REFUSALS[needs] };
  }
  trail.clear();
  try {
    await within(one.run(seat), limitMs);
    return { rule, text, verdict: "pass" };
  } catch (error) {
    if (error instanceof NotTested) return { rule, text, verdict: "skipped", reason: error.message };
    const { expected, came } = error instanceof Deviation ? error : unexpected(error);
    return { rule, text, verdict: "fail", sent: trail.lastSent, expected, came };
  }
}

/** An edge that fails in the middle of a case is what the other side did with it. */
function unexpected(error: unknown): Pick<Deviation, "expected" | "came"> {
  const came = error instanceof Error ? error.message || error.name : String(error);
  return { expected: "a conversation", came };
}

async function within(run: Promise<void>, limitMs: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Deviation(`an end within ${limitMs / 1_000} s`, "none")),
    limitMs,
  );
  try {
    await Promise.race([run, promise]);
  } finally {
    clearTimeout(timer);
  }
}

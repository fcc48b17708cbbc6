import { groupedEntries, isPartialPath } from "@heliograph/protocol";
import type { LearnedParameters, RefreshBounds, RefreshPlan, ResolvedQuirks } from "../ports/index.ts";
import { segmentsOf, withoutCovered } from "./refresh-paths.ts";
import { chosen, rootsOf } from "./refresh-step.ts";

/** What a refresh begins with. */
export interface RefreshStart {
  readonly paths: readonly string[];
  readonly bounds: RefreshBounds;
  readonly root: string | undefined;
  readonly known: LearnedParameters;
  readonly quirks: Pick<ResolvedQuirks, "values" | "learned">;
  readonly now: number;
}

/** The first batch: small enough for the weakest of the usual devices. */
const FIRST_BATCH = 32;
/** How deep a refresh without paths looks where nothing was known: into `Device.WiFi.`, but not into what lies in it. */
const FIRST_LEVELS = 2;
/** Objects whose parents have no more parameters are read with them. */
const SMALL = 32;
/** So many objects' sizes are kept; the others are looked at. */
const MAX_SIZES = 5_000;

/** Nothing is read as a whole of which the size is not known. */
export function beginRefresh({ paths, bounds, root, known, quirks, now }: RefreshStart): RefreshPlan {
  const { values, learned } = quirks;
  const most = Number(values["names-per-read"]);
  return beginAgain(
    {
      paths,
      bounds,
      ...(root === undefined ? {} : { root }),
      sizes: sizesOf(known),
      ...(paths.length === 0 ? { depth: FIRST_LEVELS } : {}),
      batch: { size: Math.min(FIRST_BATCH, most), most, isFound: false },
      levels: values["next-level"] === "refused" ? "refused" : "untried",
      emptyPath: values["empty-path"] === "refused" ? "refused" : "untried",
      learned: limitsIn(learned),
      rpcs: 0,
      bytes: 0,
      ...UNREAD,
    },
    now,
  );
}

/** From the beginning, after a boot: instances may have other numbers now. What was spent stays spent. */
export function beginAgain(plan: RefreshPlan, now: number): RefreshPlan {
  const { step: _, ...rest } = plan;
  const wanted = withoutCovered(
    plan.paths.length === 0 ? rootsOf(plan) : plan.paths.flatMap((path) => borne(plan, path)),
  );
  const looks = wanted.filter(isPartialPath).map((path) => ({ path }));
  const ready = wanted.filter((path) => !isPartialPath(path)).map((path) => ({ path, weight: 1 }));
  return chosen({ ...rest, ...UNREAD, looks, ready }, now);
}

/** What is known of a refresh of which nothing is read. */
const UNREAD = {
  parts: [],
  ready: [],
  looks: [],
  read: 0,
  unreadable: { items: [], count: 0 },
  leftOut: { items: [], count: 0 },
} as const;

function limitsIn(learned: ResolvedQuirks["learned"]): RefreshPlan["learned"] {
  return {
    "names-per-read": learned["names-per-read"],
    "next-level": learned["next-level"],
    "empty-path": learned["empty-path"],
  };
}

/** An empty path is not asked of a device that cannot bear it. */
function borne(plan: RefreshPlan, path: string): readonly string[] {
  return path === "" && plan.emptyPath === "refused" ? rootsOf(plan) : [path];
}

/** The parameters at and below each object, but for objects that are read with the one they lie in. */
function sizesOf(known: LearnedParameters): RefreshPlan["sizes"] {
  const counts = new Map<string, number>();
  for (const [path, { value }] of groupedEntries(known)) {
    if (value === undefined) continue;
    for (const object of objectsAbove(path)) counts.set(object, (counts.get(object) ?? 0) + 1);
  }
  const kept = [...counts].filter(([object]) => {
    const parent = objectsAbove(object.slice(0, -1)).at(-1);
    return parent === undefined || (counts.get(parent) ?? 0) > SMALL;
  });
  return Object.fromEntries(kept.slice(0, MAX_SIZES));
}

function objectsAbove(path: string): readonly string[] {
  const segments = segmentsOf(path).slice(0, -1);
  return segments.map((_, index) => `${segments.slice(0, index + 1).join(".")}.`);
}

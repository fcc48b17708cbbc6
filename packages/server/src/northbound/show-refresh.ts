import type { RefreshProgress } from "@heliograph/api";
import { refreshLeft, type RefreshPlan } from "../ports/index.ts";

export function showRefresh(plan: RefreshPlan | undefined): RefreshProgress | undefined {
  if (plan === undefined) return undefined;
  const { paths, rpcs, read, bytes, batch, unreadable, leftOut } = plan;
  return { paths, rpcs, read, left: refreshLeft(plan), bytes, batch: batch.size, unreadable, leftOut };
}

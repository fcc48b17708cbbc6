import { familyOf } from "./process-figures.ts";

/** Ends at once whatever processes this one has started and not ended, and those that they started. */
export function endChildren(): void {
  for (const pid of descendants(process.pid)) killNow(pid);
}

function descendants(pid: number): readonly number[] {
  const [, ...children] = familyOf(pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** It may have ended meanwhile. */
function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return;
  }
}

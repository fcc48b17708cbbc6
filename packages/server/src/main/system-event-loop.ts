import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { EventLoop } from "../southbound/load-gate.ts";

/** How often the loop is looked at; a look that is on time comes after just so long. */
const RESOLUTION_MS = 20;
const NANOSECONDS = 1e6;

/** The event loop of this process, watched from now on. Keeps no process alive. */
export function systemEventLoop(): EventLoop {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let before = performance.eventLoopUtilization();
  return {
    sample() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      const lagMs = delay.count === 0 ? 0 : Math.max(0, delay.mean / NANOSECONDS - RESOLUTION_MS);
      before = now;
      delay.reset();
      return { lagMs, utilization };
    },
  };
}

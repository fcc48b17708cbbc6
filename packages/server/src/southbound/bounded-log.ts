import type { Clock, Log, LogFields } from "../ports/index.ts";
import { LineQuota } from "./line-quota.ts";

/**
 * A log in which no event stands more than sixty times a minute: where every session of a fleet fails alike, one is enough. A
 * line says how many were left out before it.
 */
export function boundedLog(log: Log, clock: Clock): Log {
  const quota = new LineQuota({ each: 60, all: 600 });
  const bounded = (level: keyof Log) => (event: string, fields?: LogFields) => {
    const unwritten = quota.admit(event, clock.now());
    if (unwritten === undefined) return;
    log[level](event, unwritten === 0 ? fields : { ...fields, unwritten });
  };
  return { info: bounded("info"), warn: bounded("warn"), error: bounded("error") };
}

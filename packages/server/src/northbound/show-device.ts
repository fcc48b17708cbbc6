import type { Device } from "@heliograph/api";
import type { DeviceRecord, WakeStatus } from "../ports/index.ts";
import { present } from "./present.ts";
import { reachability } from "./reachability.ts";
import { showTime, showOptionalTime } from "./show-time.ts";

export function showDevice(record: DeviceRecord): Device {
  return present({
    key: record.key,
    deviceId: record.deviceId,
    approval: record.approval,
    reachability: reachability(record),
    address: record.address,
    enrolled: { at: showTime(record.enrolledAt), by: record.enrolledBy },
    lastInform: showOptionalTime(record.lastInformAt),
    lastBoot: showOptionalTime(record.lastBootAt),
    lastBootstrap: showOptionalTime(record.lastBootstrapAt),
    facts: record.facts,
    connectionRequest: showWake(record.wake),
    credentials: record.credentials,
    tags: record.tags,
  });
}

function showWake({ attempts, last, nextAt }: WakeStatus): Device["connectionRequest"] {
  return present({
    attempts,
    last: last === undefined ? undefined : { ...last, at: showTime(last.at) },
    next: showOptionalTime(nextAt),
  });
}

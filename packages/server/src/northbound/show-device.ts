import type { Device } from "@heliograph/api";
import type {
  DeviceClaim,
  DeviceConnection,
  DeviceRecord,
  LightStanding,
  WakeStatus,
} from "../ports/index.ts";
import { present } from "./present.ts";
import { reachability } from "./reachability.ts";
import { showTime, showOptionalTime } from "./show-time.ts";

export function showDevice(record: DeviceRecord): Device {
  return present({
    key: record.key,
    deviceId: record.deviceId,
    approval: record.approval,
    reachability: reachability(record),
    connection: showConnection(record.connection, record.light),
    light: record.light,
    address: record.address,
    enrolled: { at: showTime(record.enrolledAt), by: record.enrolledBy },
    lastInform: showOptionalTime(record.lastInformAt),
    lastBoot: showOptionalTime(record.lastBootAt),
    lastBootstrap: showOptionalTime(record.lastBootstrapAt),
    facts: record.facts,
    connectionRequest: showWake(record.wake),
    credentials: record.credentials,
    claim: showClaim(record.claim),
    tags: record.tags,
  });
}

/** One that is closed carries nothing any more, and is not shown. */
function showConnection(
  connection: DeviceConnection | undefined,
  light: LightStanding | undefined,
): Device["connection"] {
  if (connection === undefined || connection.closed === true) return undefined;
  const { transport, openedAt } = connection;
  const subprotocol = transport === "light" ? light?.subprotocol : undefined;
  return present({ transport, subprotocol, since: showTime(openedAt) });
}

function showClaim(claim: DeviceClaim | undefined): Device["claim"] {
  if (claim === undefined) return undefined;
  const { at, lastAt, address, count, approvedAt } = claim;
  return present({
    at: showTime(at),
    last: showTime(lastAt),
    address,
    count,
    approved: showOptionalTime(approvedAt),
  });
}

function showWake({ attempts, last, nextAt }: WakeStatus): Device["connectionRequest"] {
  return present({
    attempts,
    last: last === undefined ? undefined : { ...last, at: showTime(last.at) },
    next: showOptionalTime(nextAt),
  });
}

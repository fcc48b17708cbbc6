import type { Device } from "@heliograph/api";
import {
  isUnanswered,
  reachability,
  type Circle,
  type DeviceClaim,
  type DeviceConnection,
  type DeviceRecord,
  type LightStanding,
  type Strain,
  type WakeStatus,
} from "../ports/index.ts";
import { present } from "./present.ts";
import { showTime, showOptionalTime } from "./show-time.ts";

export function showDevice(record: DeviceRecord, now: number): Device {
  return present({
    key: record.key,
    deviceId: record.deviceId,
    approval: record.approval,
    reachability: reachability(record, now),
    connection: showConnection(record.connection, record.light),
    light: record.light,
    address: record.address,
    enrolled: { at: showTime(record.enrolledAt), by: record.enrolledBy },
    lastInform: showOptionalTime(record.lastInformAt),
    lastBoot: showOptionalTime(record.lastBootAt),
    lastBootstrap: showOptionalTime(record.lastBootstrapAt),
    facts: record.facts,
    connectionRequest: showWake(record.wake, isUnanswered(record, now)),
    credentials: record.credentials,
    claim: showClaim(record.claim),
    strain: showStrain(record.strain),
    circle: showCircle(record.circle),
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

function showStrain(strain: Strain | undefined): Device["strain"] {
  if (strain === undefined) return undefined;
  const { reason, strikes, at, until } = strain;
  return present({ reason, strikes, at: showTime(at), until: showOptionalTime(until) });
}

function showCircle(circle: Circle | undefined): Device["circle"] {
  if (circle === undefined) return undefined;
  const { path, access, times, by, at, until } = circle;
  return { path, access, times, by, at: showTime(at), until: showTime(until) };
}

function showWake(
  { attempts, last, nextAt }: WakeStatus,
  isUnansweredByUdp: boolean,
): Device["connectionRequest"] {
  const silence = isUnansweredByUdp ? ", no Inform came within 30 s" : "";
  return present({
    attempts,
    last: last === undefined ? undefined : { ...last, at: showTime(last.at), detail: last.detail + silence },
    next: showOptionalTime(nextAt),
  });
}

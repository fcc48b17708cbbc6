import type { Row } from "./case.ts";
import { deviceCases } from "./cases/device/index.ts";
import { AcsServer, type Address } from "./device/acs-server.ts";
import { DeviceSeat } from "./device/device-seat.ts";
import { runCases } from "./run-cases.ts";
import type { Subprotocol } from "./speech/speech.ts";
import { isAmong, type TestOptions } from "./test-acs.ts";
import { Trail } from "./trail.ts";

export interface DeviceTarget {
  /** Where the kit listens as the ACS. */
  readonly listen: Address;
  readonly subprotocol: Subprotocol;
  readonly patienceMs: number;
  /** How long the device's Inform is waited for, and each of its connections. */
  readonly connectMs: number;
  /** Called once the kit listens, with what the device is to have as its ACS. */
  readonly onListening?: (url: string) => void;
}

const CASE_MS = 90_000;

/**
 * Tests a device: the kit is its ACS, refers it, takes its sockets, and calls its RPCs. Rejects with
 * {@link DeviceAbsentError} where none Informs.
 */
export async function testDevice(target: DeviceTarget, options: TestOptions): Promise<readonly Row[]> {
  const { subprotocol, patienceMs, connectMs } = target;
  const trail = new Trail();
  await using seat = new DeviceSeat({ subprotocol, patienceMs, connectMs, trail });
  using server = await AcsServer.open(seat, target.listen);
  target.onListening?.(server.url);
  if ((await seat.informed.take(connectMs)) === undefined) throw new DeviceAbsentError(connectMs);
  const cases = deviceCases[subprotocol].filter(({ rule }) => isAmong(rule, options.rules));
  return await runCases({ ...options, cases, seat, trail, limitMs: CASE_MS + connectMs });
}

/** The rules that a device is tested for. */
export function rulesOfDevice(subprotocol: Subprotocol): ReadonlySet<string> {
  return new Set(deviceCases[subprotocol].map(({ rule }) => rule));
}

/** No device Informed. */
export class DeviceAbsentError extends Error {
  override readonly name = "DeviceAbsentError";
  readonly code = "E_DEVICE_ABSENT";

  constructor(waitedMs: number) {
    super(`no device Informed within ${waitedMs / 1_000} s`);
  }
}

import type { DeviceKey } from "@heliograph/protocol";
import {
  BusClosedError,
  NobodyThereError,
  RequestFailedError,
  RequestTimedOutError,
} from "../ports/index.ts";
import type { ConnectionId } from "../ports/index.ts";
import type { SouthboundPorts } from "./southbound-ports.ts";

/** An engine that takes longer is not waited for: the device has its own patience. */
export const ENGINE_TIMEOUT_MS = 10_000;

export interface Unreachable {
  readonly type: "unreachable";
}

/** Nobody serves the subject: whoever owned the connection is gone for good. */
export const GONE: Unreachable = { type: "unreachable" };
/** Somebody serves it, and does not answer, or fails. */
export const SILENT: Unreachable = { type: "unreachable" };

/** Whose connection it is about, for the log. */
export interface About {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
}

/** What the engine says; {@link GONE} or {@link SILENT} where it says nothing. Rejects only where it is a bug. */
export async function askEngine<T>(
  request: () => Promise<T>,
  { device, connection }: About,
  { log }: Pick<SouthboundPorts, "log">,
): Promise<T | Unreachable> {
  try {
    return await request();
  } catch (error) {
    if (!isBusError(error)) throw error;
    log.warn("engine-unreachable", { device, connection, error });
    return error instanceof NobodyThereError ? GONE : SILENT;
  }
}

function isBusError(error: unknown): error is Error {
  return (
    error instanceof NobodyThereError ||
    error instanceof RequestTimedOutError ||
    error instanceof RequestFailedError ||
    error instanceof BusClosedError
  );
}

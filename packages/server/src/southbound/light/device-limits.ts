/** What a device bears [LIGHT 3, Attach]. */
export interface DeviceLimits {
  readonly maxInFlight: number;
  readonly maxMessageBytes: number;
  readonly keepAlive: boolean;
  readonly replayWindow: number;
}

/** Calls that a device may take at a time; engines send no more. */
export const MOST_CALLS = 256;

/** What holds for a device that does not say. */
export const defaultDeviceLimits: DeviceLimits = {
  maxInFlight: 1,
  maxMessageBytes: 1024 * 1024,
  keepAlive: false,
  replayWindow: 0,
};

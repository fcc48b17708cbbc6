/** How long a device waits before it tries a failed session again [CWMP 1.4 3.2.1.1]. */
export interface RetryPolicy {
  /** `CWMPRetryMinimumWaitInterval`, in seconds. */
  readonly minimumWait: number;
  /** `CWMPRetryIntervalMultiplier`, in thousandths. */
  readonly multiplier: number;
}

/** 5–10 s before the first retry, doubling to 2560–5120 s before the tenth and all later ones. */
export const defaultRetryPolicy: RetryPolicy = { minimumWait: 5, multiplier: 2000 };

const LAST_STEP = 10;

/**
 * Milliseconds before the given retry, 1 being the first: the place in the range that `fraction`, in [0, 1), chooses.
 * The ranges spread devices that lost their ACS at the same moment.
 */
export function retryDelayMs(retry: number, fraction: number, policy = defaultRetryPolicy): number {
  const step = Math.min(Math.max(retry, 1), LAST_STEP);
  const factor = policy.multiplier / 1000;
  const from = policy.minimumWait * factor ** (step - 1);
  const to = policy.minimumWait * factor ** step;
  return Math.round((from + (to - from) * fraction) * 1000);
}

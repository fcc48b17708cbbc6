/**
 * What some devices do wrong, on purpose. `slow`: takes seconds to answer. `failing`: refuses some RPCs with a fault.
 * `dropping`: its session or its connection breaks off now and then. `rebooting`: it loses power now and then.
 */
export const troubles = ["slow", "failing", "dropping", "rebooting"] as const;
export type Trouble = (typeof troubles)[number];

/** The share of devices, in [0, 1], that have each trouble; none of those that are left out. */
export type TroubleShares = Readonly<Partial<Record<Trouble, number>>>;

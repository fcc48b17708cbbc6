/** How a device shows that it cannot bear being read: 9004 for the least there is to ask, no answer, a boot nobody asked for. */
export type StrainReason = "resources" | "silent" | "rebooted";

/** What reading did to a device, several times in a row; forgotten with the first read that it answers. */
export interface Strain {
  readonly strikes: number;
  readonly reason: StrainReason;
  readonly at: number;
  /** Until when it is left alone by what asks by itself; undefined while it has not come to that. */
  readonly until?: number;
}

/** The same was asked for again and again by what asks by itself: it goes round in a circle, and is stopped. */
export interface Circle {
  readonly access: Access;
  readonly path: string;
  readonly times: number;
  /** Who asked for it, and so fights. */
  readonly by: readonly string[];
  readonly at: number;
  readonly until: number;
  /** How often in a row it was stopped before. */
  readonly before: number;
}

export type Access = "read" | "written";

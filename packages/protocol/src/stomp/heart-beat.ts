/** What one side says of heart-beats in CONNECT or CONNECTED, in milliseconds; 0 is none [STOMP 1.2 Heart-beating]. */
export interface HeartBeat {
  /** The shortest time between two of its signs of life that it can hold to. */
  readonly sends: number;
  /** The time in which it would like to hear from the other side. */
  readonly wants: number;
}

/** What two sides have agreed on; undefined where there are no heart-beats in that direction. */
export interface HeartBeatPlan {
  /** After so many milliseconds in which nothing was sent, a heart-beat is due. */
  readonly sendAfterMs: number | undefined;
  /** After so many milliseconds in which nothing came, the connection is dead. */
  readonly deadAfterMs: number | undefined;
}

/** Also what a missing header means. */
export const NO_HEART_BEAT: HeartBeat = { sends: 0, wants: 0 };

/** Of the agreed time, so that what is sent has arrived when it is over. */
const SENT_EARLY = 0.75;
/** The error margin of who listens: two periods without a sign of life end a connection [LIGHT 2]. */
const TOLERANCE = 2;
/** Nine digits are eleven days, and twice as long still fits a timer. */
const PAIR = /^([0-9]{1,9}),([0-9]{1,9})$/;

/** Reads a `heart-beat` header; undefined where it is no pair of milliseconds. */
export function readHeartBeat(header: string): HeartBeat | undefined {
  const [, sends, wants] = PAIR.exec(header) ?? [];
  return sends === undefined ? undefined : { sends: Number(sends), wants: Number(wants) };
}

export function writeHeartBeat({ sends, wants }: HeartBeat): string {
  return `${sends},${wants}`;
}

/** What this side does, by what it has said itself and what the other side has; each direction has the longer time. */
export function agreeOnHeartBeats(own: HeartBeat, other: HeartBeat): HeartBeatPlan {
  const out = agreed(own.sends, other.wants);
  const back = agreed(other.sends, own.wants);
  return {
    sendAfterMs: out === undefined ? undefined : Math.max(1, Math.floor(out * SENT_EARLY)),
    deadAfterMs: back === undefined ? undefined : back * TOLERANCE,
  };
}

function agreed(sends: number, wants: number): number | undefined {
  return sends === 0 || wants === 0 ? undefined : Math.max(sends, wants);
}

import {
  unreachable,
  type CampaignRules,
  type CampaignStanding,
  type CampaignState,
} from "../ports/index.ts";

/** What a campaign does next. */
export type CampaignStep =
  /** Notes some more of its devices. */
  | { readonly type: "gather" }
  /** Begins with so many devices; each may be at it until then. */
  | { readonly type: "begin"; readonly count: number; readonly expiresAt: number }
  /** Takes back what has not left for its device. */
  | { readonly type: "withdraw" }
  | { readonly type: "move"; readonly to: CampaignState; readonly reason?: string }
  /** Nothing of it is left to see to. */
  | { readonly type: "close" }
  | { readonly type: "rest" };

export interface CampaignMoment {
  readonly now: number;
  /** Devices that its pace allows to be begun with now. */
  readonly allowed: number;
}

/** A share is looked at once so many devices have ended. */
const LEAST_JUDGED = 10;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A campaign goes on by what is stored of it and the time alone. */
export function nextStep(standing: CampaignStanding, moment: CampaignMoment): CampaignStep {
  const { campaign, state } = standing;
  const { now } = moment;
  switch (state) {
    case "planned":
      if (now >= campaign.endsAt) return OVER;
      return now >= campaign.startsAt ? { type: "gather" } : { type: "rest" };
    case "gathering":
      return { type: "gather" };
    case "running":
      return goOn(standing, moment);
    case "paused":
      return isSpent(standing, now) ? OVER : { type: "rest" };
    case "stopped":
      return isSpent(standing, now) ? OVER : { type: "withdraw" };
    case "cancelled":
      return openIn(standing) === 0 ? { type: "close" } : { type: "withdraw" };
    case "over":
      return { type: "close" };
    default:
      return unreachable(state);
  }
}

const OVER = { type: "move", to: "over" } as const satisfies CampaignStep;

function goOn(standing: CampaignStanding, { now, allowed }: CampaignMoment): CampaignStep {
  const { campaign, counts } = standing;
  const isDone = counts.waiting === 0 && openIn(standing) === 0;
  if (isDone || isSpent(standing, now)) return OVER;
  const reason = reasonToStop(standing);
  if (reason !== undefined) return { type: "move", to: "stopped", reason };
  const { pace, hours } = campaign.rules;
  const until = Math.min(campaign.endsAt, endOfHours(hours, now) ?? now);
  const count = Math.min(allowed, pace.atOnce - counts.begun, counts.waiting);
  if (until <= now || count < 1) return { type: "rest" };
  return { type: "begin", count, expiresAt: until };
}

/** Its time is over, and no device is at it any more. */
function isSpent(standing: CampaignStanding, now: number): boolean {
  return now >= standing.campaign.endsAt && openIn(standing) === 0;
}

function openIn({ counts }: CampaignStanding): number {
  return counts.begun + counts.asleep;
}

/** A device that did not come has not failed. */
function reasonToStop(standing: CampaignStanding): string | undefined {
  const { campaign, counts } = standing;
  const { failures = Infinity, share = Infinity } = campaign.rules.stop;
  const { borne = { ended: 0, failed: 0 } } = campaign;
  const failed = counts.faulted + counts.unknown - borne.failed;
  const ended = counts.faulted + counts.unknown + counts.done - borne.ended;
  if (failed >= failures) return `${failed} failed`;
  const isJudged = ended >= LEAST_JUDGED;
  return isJudged && failed / ended >= share ? `${failed} of ${ended} that ended failed` : undefined;
}

/** When the hours that `now` is in are over; undefined where it is in none. Without hours they never are. */
function endOfHours(hours: CampaignRules["hours"], now: number): number | undefined {
  if (hours === undefined) return Infinity;
  const sinceFrom = (((now - hours.from * HOUR_MS) % DAY_MS) + DAY_MS) % DAY_MS;
  const lengthMs = ((hours.to - hours.from + 24) % 24 || 24) * HOUR_MS;
  return sinceFrom < lengthMs ? now - sinceFrom + lengthMs : undefined;
}

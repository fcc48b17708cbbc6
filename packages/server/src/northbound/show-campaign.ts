import type { Campaign, CampaignMember } from "@heliograph/api";
import type { CampaignMember as MemberRecord, CampaignStanding } from "../ports/index.ts";
import { present } from "./present.ts";
import { showTime } from "./show-time.ts";

export function showCampaign({ campaign, state, since, reason, counts, faults }: CampaignStanding): Campaign {
  const { id, description, of, rpcs, rules, manager, createdAt, startsAt, endsAt } = campaign;
  return present({
    ...{ id, description, rpcs, state, reason, manager, counts, faults },
    query: of.type === "expression" ? of.expression : undefined,
    group: of.type === "group" ? of.group : undefined,
    since: showTime(since),
    ...{ pace: rules.pace, stop: rules.stop, hours: rules.hours },
    created: showTime(createdAt),
    starts: showTime(startsAt),
    expires: showTime(endsAt),
    devices: Object.values(counts).reduce((sum, devices) => sum + devices, 0),
  });
}

export function showCampaignMember({
  device,
  state,
  at,
  operation,
  fault,
  reason,
}: MemberRecord): CampaignMember {
  const hasOne = state !== "waiting" && state !== "skipped";
  return present({
    ...{ device, state, fault, reason },
    at: showTime(at),
    operation: hasOne ? operation : undefined,
  });
}

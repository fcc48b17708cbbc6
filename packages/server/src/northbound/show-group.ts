import type { Group, GroupMember, Membership } from "@heliograph/api";
import type {
  GroupMember as MemberRecord,
  GroupRecord,
  Membership as MembershipRecord,
} from "../ports/index.ts";
import { showTime } from "./show-time.ts";

export function showGroup({ createdAt, changedAt, ...group }: GroupRecord): Group {
  return { ...group, created: showTime(createdAt), changed: showTime(changedAt) };
}

export function showMember({ device, since }: MemberRecord): GroupMember {
  return { device, since: showTime(since) };
}

export function showMembership({ group, since }: MembershipRecord): Membership {
  return { group, since: showTime(since) };
}

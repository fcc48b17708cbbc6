import type { Decoded } from "../decoded.ts";
import { isRecord } from "../model/record.ts";
import { policyPublications, type PolicySetting, type PolicyWithdrawal } from "../rpc/policy.ts";
import { checkParams } from "./decode.ts";

/** Whether something that was published is of a policy [LIGHT 6]. */
export function isOfPolicy(data: unknown): boolean {
  return isRecord(data) && typeof data["Policy"] === "string";
}

/** Reads what was published of a policy. */
export function decodePolicy(data: unknown): Decoded<PolicySetting | PolicyWithdrawal> {
  const isWithdrawn = isRecord(data) && data["Withdrawn"] === true;
  return isWithdrawn
    ? checkParams(policyPublications["policy-withdrawn"], data, { strictness: "kinds" })
    : checkParams(policyPublications.policy, data, { strictness: "kinds" });
}

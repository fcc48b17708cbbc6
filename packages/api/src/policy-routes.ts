import { DevicePath } from "./devices.ts";
import {
  ComplianceFilter,
  ComplianceList,
  CompliancePage,
  Policy,
  PolicyList,
  PolicyPath,
  PolicyPreview,
  PolicyRequest,
  PolicyVersionList,
  PreviewRequest,
  RollbackRequest,
} from "./policies.ts";
import { json, nothing, route } from "./route.ts";

const POLICIES = "/api/v1/policies";
const POLICY = `${POLICIES}/{name}` as const;
const BODY = ["not-json", "too-large", "unsupported-media-type"] as const;

/** What groups of devices are to hold, and how far that has come. */
export const policyRoutes = {
  listPolicies: route({
    method: "GET",
    path: POLICIES,
    tag: "policies",
    summary: "List policies, in the order of their names",
    answers: { 200: json("Policies", PolicyList) },
    problems: [],
  }),
  getPolicy: route({
    method: "GET",
    path: POLICY,
    tag: "policies",
    summary: "Get a policy, and how far its rollout is",
    params: PolicyPath,
    answers: { 200: json("The policy", Policy) },
    problems: ["unknown-policy"],
  }),
  setPolicy: route({
    method: "PUT",
    path: POLICY,
    tag: "policies",
    summary: "Make a policy, or change what is published next",
    description: "Devices hear nothing of it before it is published.",
    params: PolicyPath,
    body: PolicyRequest,
    answers: { 200: json("The policy", Policy) },
    problems: [
      ...BODY,
      ...(["unknown-group", "invalid-policy", "policy-name-taken"] as const),
      ...(["too-many-policies", "store-full"] as const),
    ],
  }),
  removePolicy: route({
    method: "DELETE",
    path: POLICY,
    tag: "policies",
    summary: "Remove a policy",
    description:
      "Its devices are told that it is withdrawn: what they hold stays as it is, and nobody keeps it so any more.",
    params: PolicyPath,
    answers: { 204: nothing("Removed") },
    problems: ["unknown-policy", "store-full"],
  }),
  previewPolicy: route({
    method: "POST",
    path: `${POLICY}/preview`,
    tag: "policies",
    summary: "Say what publishing the draft would do",
    description: "Asks nothing of any device: it goes by what the ACS knows.",
    params: PolicyPath,
    body: PreviewRequest,
    answers: { 200: json("Who would get it, and what would change", PolicyPreview) },
    problems: [...BODY, "unknown-policy"],
  }),
  publishPolicy: route({
    method: "POST",
    path: `${POLICY}/publish`,
    tag: "policies",
    summary: "Publish the draft as a new version",
    description: "It comes to the group in waves, and stops by itself where it does not go well.",
    params: PolicyPath,
    answers: { 200: json("The policy, with its rollout", Policy) },
    problems: ["unknown-policy", "store-full"],
  }),
  pausePolicy: route({
    method: "POST",
    path: `${POLICY}/pause`,
    tag: "policies",
    summary: "Have no more devices begun with",
    params: PolicyPath,
    answers: { 200: json("The policy", Policy) },
    problems: ["unknown-policy", "not-rolling-out", "store-full"],
  }),
  resumePolicy: route({
    method: "POST",
    path: `${POLICY}/resume`,
    tag: "policies",
    summary: "Go on with a rollout that is paused, stopped or watched",
    description:
      "What is faulted by now is accepted: its stop rules count what comes beyond that. One that is watched goes on to its " +
      "next wave.",
    params: PolicyPath,
    answers: { 200: json("The policy", Policy) },
    problems: ["unknown-policy", "not-rolling-out", "store-full"],
  }),
  rollBackPolicy: route({
    method: "POST",
    path: `${POLICY}/rollback`,
    tag: "policies",
    summary: "Bring an earlier version back",
    description:
      "It is published as a new version, to all of the group and at once. The draft stays as it is.",
    params: PolicyPath,
    body: RollbackRequest,
    answers: { 200: json("The policy, with its rollout", Policy) },
    problems: [...BODY, "unknown-policy", "unknown-policy-version", "store-full"],
  }),
  listPolicyVersions: route({
    method: "GET",
    path: `${POLICY}/versions`,
    tag: "policies",
    summary: "List what was published, newest first",
    params: PolicyPath,
    answers: { 200: json("Versions", PolicyVersionList) },
    problems: ["unknown-policy"],
  }),
  listCompliance: route({
    method: "GET",
    path: `${POLICY}/compliance`,
    tag: "policies",
    summary: "List where each device stands, in the order of their keys",
    params: PolicyPath,
    query: ComplianceFilter,
    answers: { 200: json("Devices that it was begun with", CompliancePage) },
    problems: ["unknown-policy"],
  }),
  listPoliciesOfDevice: route({
    method: "GET",
    path: "/api/v1/devices/{key}/policies",
    tag: "policies",
    summary: "List where a device stands with each of its policies",
    params: DevicePath,
    answers: { 200: json("In the order of the policies' names", ComplianceList) },
    problems: ["unknown-device"],
  }),
};

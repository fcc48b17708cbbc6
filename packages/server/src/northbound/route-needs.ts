import { routes, type Route, type RouteName } from "@heliograph/api";
import type { DeviceKey } from "@heliograph/protocol";
import { may, type Act, type Rights } from "../ports/index.ts";
import { refuse, type Refusal } from "./refusal.ts";

/** What a route asks of whoever asks it. */
export type Need =
  /** Whoever was let in; what is shown is what they see. */
  | "anyone"
  /** To see the device in the path. */
  | "see"
  /** The device in the path; how far the call may go is looked at where it is accepted. */
  | "call"
  /** To see every device, as the numbers speak of all. */
  | "see-every"
  /** The act: on the device in the path, where there is one. */
  | Act;

type Guarded = {
  [N in RouteName]: (typeof routes)[N] extends { readonly open: true } ? never : N;
}[RouteName];

/** Every route but those that are open to all. */
const needs: Readonly<Record<Guarded, Need>> = {
  listDevices: "anyone",
  getDevice: "see",
  approveDevice: "admit-devices",
  rejectDevice: "admit-devices",
  rejectClaim: "admit-devices",
  removeDevice: "admit-devices",
  rotateCredentials: "admit-devices",
  relieveDevice: "admit-devices",
  getParameters: "see",
  watchLive: "call",
  listDeviceEvents: "see",
  followEvents: "anyone",
  createOperation: "call",
  refreshDevice: "call",
  downloadFile: "call",
  uploadFile: "call",
  getLease: "see",
  takeLease: "call",
  endLease: "call",
  listDeviceOperations: "see",
  listOperations: "anyone",
  getOperation: "anyone",
  cancelOperation: "anyone",
  listDeviceQuirks: "see",
  setDeviceQuirk: "set-quirks",
  unsetDeviceQuirk: "set-quirks",
  listQuirks: "set-quirks",
  setModelQuirk: "set-quirks",
  unsetModelQuirk: "set-quirks",
  exportQuirks: "set-quirks",
  importQuirks: "set-quirks",
  createCampaign: "run-campaigns",
  previewCampaign: "run-campaigns",
  listCampaigns: "anyone",
  getCampaign: "anyone",
  listCampaignDevices: "anyone",
  pauseCampaign: "run-campaigns",
  resumeCampaign: "run-campaigns",
  cancelCampaign: "run-campaigns",
  listChannels: "anyone",
  getChannel: "anyone",
  listPublications: "anyone",
  followPublications: "anyone",
  getPresence: "anyone",
  listFiles: "keep-files",
  addFile: "keep-files",
  getFile: "keep-files",
  getFileContent: "keep-files",
  removeFile: "keep-files",
  listBackupPlans: "keep-files",
  addBackupPlan: "keep-files",
  removeBackupPlan: "keep-files",
  listBackups: "keep-files",
  compareBackups: "keep-files",
  switchTraceOn: "trace",
  switchTraceOff: "trace",
  getTrace: "trace",
  followTrace: "trace",
  downloadTrace: "trace",
  listWebhooks: "configure",
  addWebhook: "configure",
  getWebhook: "configure",
  removeWebhook: "configure",
  listDeadLetters: "configure",
  resendLetters: "configure",
  listAudit: "read-audit",
  getMetrics: "see-every",
  listTokens: "give-tokens",
  createToken: "give-tokens",
  revokeToken: "give-tokens",
  getMe: "anyone",
  endSession: "anyone",
  listGrants: "give-grants",
  createGrant: "give-grants",
  getGrant: "anyone",
  narrowGrant: "anyone",
  extendGrant: "give-grants",
  revokeGrant: "anyone",
  getTranscript: "anyone",
  listUsers: "keep-users",
  addUser: "keep-users",
  changeUser: "keep-users",
  removeUser: "keep-users",
  listRoles: "keep-users",
  setRole: "keep-users",
  removeRole: "keep-users",
  setChannel: "keep-channels",
  removeChannel: "keep-channels",
  renewChannel: "keep-channels",
  setChannelMembers: "keep-channels",
  publish: "keep-channels",
  listPolicies: "keep-policies",
  getPolicy: "keep-policies",
  setPolicy: "keep-policies",
  removePolicy: "keep-policies",
  previewPolicy: "keep-policies",
  publishPolicy: "keep-policies",
  pausePolicy: "keep-policies",
  resumePolicy: "keep-policies",
  rollBackPolicy: "keep-policies",
  listPolicyVersions: "keep-policies",
  listCompliance: "keep-policies",
  listPoliciesOfDevice: "see",
  getConfiguration: "see",
  setConfiguration: "call",
  removeConfiguration: "call",
  listConfigurationVersions: "see",
  getDesiredState: "see",
  addTag: "group-devices",
  removeTag: "group-devices",
  listGroupsOfDevice: "see",
  listGroups: "anyone",
  getGroup: "anyone",
  setGroup: "group-devices",
  removeGroup: "group-devices",
  listGroupMembers: "anyone",
  listGroupChanges: "anyone",
};

const byRoute: ReadonlyMap<Route, Need> = new Map(
  Object.entries<Route>(routes).map(([name, route]) => [route, needOf(name)]),
);

/** Why somebody may not ask a route, of the device in its path where there is one; undefined where they may. */
export function notAllowed(rights: Rights, route: Route, device: DeviceKey | undefined): Refusal | undefined {
  const need = byRoute.get(route) ?? "configure";
  if (need === "anyone" || route.open === true) return undefined;
  if (need === "see-every") return mayWatch(rights);
  const on = device === undefined ? {} : { device };
  if (need !== "see" && need !== "call") return refusalOf(rights, { type: "act", act: need, ...on });
  return device === undefined ? undefined : refusalOf(rights, { type: "see", device });
}

function mayWatch({ devices }: Rights): Refusal | undefined {
  if (devices.type === "every") return undefined;
  return refuse("not-allowed", "the metrics are about all devices, of which you may not see each");
}

function refusalOf(rights: Rights, wish: Parameters<typeof may>[1]): Refusal | undefined {
  const verdict = may(rights, wish);
  return verdict.type === "allowed" ? undefined : refuse("not-allowed", verdict.reason);
}

function needOf(name: string): Need {
  return Object.entries(needs).find(([each]) => each === name)?.[1] ?? "configure";
}

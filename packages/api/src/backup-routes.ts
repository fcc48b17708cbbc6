import {
  BackupDiff,
  BackupDiffQuery,
  BackupPlan,
  BackupPlanList,
  BackupPlanPath,
  BackupPlanRequest,
  DeviceBackups,
} from "./backups.ts";
import { DevicePath } from "./devices.ts";
import { json, nothing, route } from "./route.ts";

const BACKUPS = "/api/v1/devices/{key}/backups";
const PLANS = "/api/v1/backup-plans";

/** Configurations that devices send by plan, and how they change. */
export const backupRoutes = {
  listBackupPlans: route({
    method: "GET",
    path: PLANS,
    tag: "backups",
    summary: "List backup plans, in the order in which they were made",
    answers: { 200: json("Plans", BackupPlanList) },
    problems: [],
  }),
  addBackupPlan: route({
    method: "POST",
    path: PLANS,
    tag: "backups",
    summary: "Have devices send their configurations time and again",
    description:
      "Each device has its own moment within `spread`. One that does not come is asked until its next turn; one that fails " +
      "is asked again then.",
    body: BackupPlanRequest,
    answers: { 201: json("The plan", BackupPlan) },
    problems: ["not-json", "too-large", "unsupported-media-type", "unknown-device", "store-full"],
  }),
  removeBackupPlan: route({
    method: "DELETE",
    path: `${PLANS}/{id}`,
    tag: "backups",
    summary: "Remove a backup plan",
    description: "The backups that it brought stay.",
    params: BackupPlanPath,
    answers: { 204: nothing("Removed") },
    problems: ["unknown-backup-plan", "store-full"],
  }),
  listBackups: route({
    method: "GET",
    path: BACKUPS,
    tag: "backups",
    summary: "List a device's backups, newest first, and where its plans stand",
    params: DevicePath,
    answers: { 200: json("Backups and turns", DeviceBackups) },
    problems: ["unknown-device"],
  }),
  compareBackups: route({
    method: "GET",
    path: `${BACKUPS}/diff`,
    tag: "backups",
    summary: "Say how two backups of a device differ",
    description:
      "Without `from` and `to`: the newest and the one before. A configuration holds secrets, so that this is in the audit log.",
    params: DevicePath,
    query: BackupDiffQuery,
    answers: { 200: json("The difference", BackupDiff) },
    problems: ["unknown-device", "unknown-backup", "store-full"],
  }),
};

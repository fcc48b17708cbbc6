import type {
  BackupDiff,
  BackupDiffQuery,
  BackupPlan,
  BackupPlanList,
  BackupPlanRequest,
  DeviceBackups,
} from "../backups.ts";
import type { CallOptions } from "./call-options.ts";
import { askJson, segments, type Transport } from "./transport.ts";

/** Configurations that devices send by plan. */
export interface BackupsClient {
  plans(options?: CallOptions): Promise<BackupPlanList>;
  addPlan(request: BackupPlanRequest, options?: CallOptions): Promise<BackupPlan>;
  removePlan(id: string, options?: CallOptions): Promise<void>;
  /** A device's backups, and where its plans stand. */
  of(device: string, options?: CallOptions): Promise<DeviceBackups>;
  /** How two backups of a device differ; without a query the newest and the one before. */
  diff(device: string, query?: BackupDiffQuery, options?: CallOptions): Promise<BackupDiff>;
}

const PLANS = "backup-plans";

export function backupsClient(transport: Transport): BackupsClient {
  return {
    plans: ({ signal } = {}) => askJson(transport, { method: "GET", path: PLANS, signal }),
    addPlan: (body, { signal } = {}) => askJson(transport, { method: "POST", path: PLANS, body, signal }),
    async removePlan(id, { signal } = {}) {
      await transport({ method: "DELETE", path: segments(PLANS, id), signal });
    },
    of: (device, { signal } = {}) =>
      askJson(transport, { method: "GET", path: segments("devices", device, "backups"), signal }),
    diff: (device, query, { signal } = {}) =>
      askJson(transport, {
        method: "GET",
        path: segments("devices", device, "backups", "diff"),
        query: { ...query },
        signal,
      }),
  };
}

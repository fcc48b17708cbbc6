import type { DeviceKey } from "@heliograph/protocol";
import type { Held } from "./held.ts";
import type { OperationId } from "./ids.ts";

/**
 * A parameter whose Notification attribute was set so that its device tells of changes, for somebody watches it. It is written
 * down before it is asked for, and until it is put back, so that nothing is left behind by whoever is killed in between.
 */
export interface BorrowedNotification {
  readonly device: DeviceKey;
  readonly path: string;
  /** What it was. */
  readonly before: number;
  /** Since when. */
  readonly at: number;
  /** What puts it back. */
  readonly puttingBack?: OperationId;
}

/** Of one device: each is a notification that it may have to send at any time. */
export const MOST_BORROWED = 32;

export interface NotificationReads {
  /** In the order of their paths. */
  borrowedNotifications(device: DeviceKey): Promise<readonly BorrowedNotification[]>;
  /** In the order of their keys. */
  devicesThatLent(query: {
    readonly after?: DeviceKey;
    readonly limit: number;
  }): Promise<readonly DeviceKey[]>;
}

export interface NotificationChanges {
  /** What was borrowed already stays as it was noted. */
  "borrow-notifications": { readonly change: BorrowNotifications; readonly result: Held };
  /** Says by what all that a device lent is put back. */
  "put-back-notifications": {
    readonly change: { readonly device: DeviceKey; readonly operation: OperationId };
    readonly result: Held;
  };
  /** They are as they were. */
  "return-notifications": {
    readonly change: { readonly device: DeviceKey; readonly paths: readonly string[] };
    readonly result: Held;
  };
}

export interface BorrowNotifications {
  readonly device: DeviceKey;
  readonly at: number;
  readonly borrowed: readonly Pick<BorrowedNotification, "path" | "before">[];
}

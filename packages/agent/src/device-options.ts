import type { DeviceId } from "@heliograph/protocol";
import type { Activity } from "./activity.ts";
import type { DataModel } from "./data-model.ts";
import type { DeviceClock } from "./device-clock.ts";
import type { Handlers } from "./dispatch.ts";
import type { LightOptions } from "./light/light-options.ts";
import type { PublicationHandler } from "./light/publications.ts";
import type { DatagramSender } from "./lightweight-notifications.ts";
import type { StateKeeper } from "./state.ts";
import type { TransferHandler } from "./transfer.ts";

export interface DeviceOptions {
  readonly acsUrl: string;
  readonly deviceId: DeviceId;
  /** What the device is; the parameters that every CWMP device has are added where it does not declare them. */
  readonly dataModel: DataModel;
  /** What the first challenge of the ACS is answered with. */
  readonly username?: string;
  readonly password?: string;
  /** RPCs besides those on the data model, in place of what the device would do by itself. */
  readonly handlers?: Handlers;
  /** Moves files; without it Download and Upload are not supported. */
  readonly transfer?: TransferHandler;
  /** Without it the device forgets everything when it ends, and bootstraps each time. */
  readonly state?: StateKeeper;
  /** How it speaks light where its ACS does; `"not"` where it never does. */
  readonly light?: "not" | LightOptions;
  /** Whether the ACS may name instances by their alias, where rows have one [CWMP 1.4 3.6.1]. */
  readonly aliases?: boolean;
  /** Tells of changes without a session, where the ACS wants that; without it no such wish is granted [TR-069 Annex M]. */
  readonly datagrams?: DatagramSender;
  /**
   * Applies what is published on the device's channels; without it, and without `holdsPolicies`, the device is told of none
   * [LIGHT 6]. Policies come here, too, unless the agent holds them: whoever returns says that one is applied.
   */
  readonly onPublication?: PublicationHandler;
  /** Whether the agent holds the policies that are published on its channels, in the data model [LIGHT 6]. */
  readonly holdsPolicies?: boolean;
  /** What Informs say besides what they must. */
  readonly informPaths?: readonly string[];
  /** How many seconds it asks the ACS to wait for it in a session; without it the ACS waits as long as it likes. */
  readonly sessionTimeout?: number;
  /** How long a restart takes. 1 s where not given. */
  readonly restartMs?: number;
  readonly clock?: DeviceClock;
  /** Uniform in [0, 1): for the retry waits, and where a device is not to do as all others do. */
  readonly random?: () => number;
  readonly onActivity?: (activity: Activity) => void;
}

/** How soon the ACS is to hear of something: as soon as the retry rules allow, or whatever they say. */
export type Urgency = "as-due" | "at-once";

/** Who keeps the device in touch with its ACS hears of it. */
export interface DeviceWatcher {
  /** There is something to tell the ACS. */
  wanted(urgency: Urgency): void;
  booted(): void;
  goingDown(): void;
  /** The device has another ACS. */
  moved(): void;
}

import { heartbeatDelayMs } from "./heartbeat.ts";
import { periodicDelayMs } from "./periodic.ts";
import { scheduledRebootMs } from "./reboot-plan.ts";
import type { Routine } from "./routines.ts";
import type { ServerSettings } from "./server-settings.ts";

export interface DeviceRoutinesOptions {
  readonly settings: ServerSettings;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly note: (eventCode: "2 PERIODIC" | "14 HEARTBEAT") => void;
  readonly reboot: () => void;
  /** Sends the lightweight notifications that wait. */
  readonly trigger: () => void;
}

const DAY_MS = 86_400_000;

/** What a device does at times that its parameters below ManagementServer say [TR-181]. */
export function deviceRoutines(options: DeviceRoutinesOptions): readonly Routine[] {
  const { settings, now, random, note, reboot, trigger } = options;
  const ownReference = now() + Math.floor(random() * DAY_MS);
  const { path: server } = settings;
  return [
    {
      setBy: `${server}PeriodicInform`,
      dueInMs: () => {
        if (!settings.isTrue("PeriodicInformEnable")) return undefined;
        const interval = settings.number("PeriodicInformInterval");
        return periodicDelayMs({ now: now(), interval, reference: settings.text("PeriodicInformTime") });
      },
      act: () => note("2 PERIODIC"),
    },
    {
      setBy: `${server}HeartbeatPolicy.`,
      dueInMs: () => {
        if (!settings.isTrue("HeartbeatPolicy.Enable")) return undefined;
        const interval = settings.number("HeartbeatPolicy.ReportingInterval");
        const reference = settings.text("HeartbeatPolicy.InitiationTime");
        return heartbeatDelayMs({ now: now(), interval, reference, ownReference });
      },
      act: () => note("14 HEARTBEAT"),
    },
    {
      setBy: `${server}LightweightNotificationTrigger`,
      dueInMs: () => {
        const interval = settings.number("LightweightNotificationTriggerInterval");
        const reference = settings.text("LightweightNotificationTriggerTime");
        return interval === 0 ? undefined : periodicDelayMs({ now: now(), interval, reference });
      },
      act: trigger,
    },
    {
      setBy: `${server}ScheduleReboot`,
      dueInMs: () => scheduledRebootMs(now(), settings.text("ScheduleReboot")),
      act: reboot,
    },
  ];
}

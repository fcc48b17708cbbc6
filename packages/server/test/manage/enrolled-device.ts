import { LockstepDevice } from "@heliograph/testkit";
import type { RunningServer } from "../running-server.ts";

/** A device that has enrolled, and wants nothing more. */
export async function enrolledDevice({ life }: RunningServer): Promise<LockstepDevice> {
  const device = new LockstepDevice({ acsUrl: life.acsUrl });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  await device.expectRpc("SetParameterValues");
  await device.fault(9001, "no credentials, please");
  await device.expectNothing();
  return device;
}

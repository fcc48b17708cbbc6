import { LockstepDevice } from "@heliograph/testkit";
import type { RunningServer } from "../running-server.ts";

/** A classic device with credentials of its own, whose session is over. It waits for each reply as long as it is told to. */
export async function servedDevice(server: RunningServer, patienceMs?: number): Promise<LockstepDevice> {
  const patience = patienceMs === undefined ? {} : { patienceMs };
  const device = new LockstepDevice({ acsUrl: server.life.acsUrl, ...patience });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  const call = await device.expectRpc("SetParameterValues");
  device.adopt(call.params.ParameterList);
  await device.answer({ Status: 0 });
  await device.expectNothing();
  return device;
}

import type { Caller, Wish } from "./caller.ts";
import type { DialogDevice } from "./dialog-device.ts";
import type { MarkedMethod } from "./marked-call.ts";

/** A dialog between a device, the server and a caller, which all three lead to its end whatever breaks on the way. */
export interface ClassicDialog {
  readonly title: string;
  readonly openEnrolment: "none" | "loopback";
  lead(device: DialogDevice, caller: Caller): Promise<void>;
}

/**
 * A device comes with the shared first-contact secret, is approved, comes again, gets its own credentials, reports a
 * transfer, and takes what was queued for it.
 */
export const cpeInitiated: ClassicDialog = {
  title: "CPE-initiated classic dialog",
  openEnrolment: "none",
  async lead(device, caller) {
    device.inform("0 BOOTSTRAP", "1 BOOT");
    await device.idle();
    await caller.insist((client) => client.devices.approve(device.key));
    const wishes = wishesOf(device, [
      "GetParameterValues",
      "SetParameterValues",
      "AddObject",
      "Reboot",
      "X_F0F0F0_Chime",
    ]);
    for (const wish of wishes) await caller.ask(wish);
    device.transferred("nightly");
    device.inform("1 BOOT");
    await device.idle();
    await caller.lookAgain();
  },
};

/** A caller asks, the device is called by a connection request and comes; then the same for a reboot. */
export const acsInitiated: ClassicDialog = {
  title: "ACS-initiated classic dialog by connection request",
  openEnrolment: "loopback",
  async lead(device, caller) {
    await device.listen();
    device.inform("0 BOOTSTRAP", "1 BOOT");
    await device.idle();
    for (const wish of wishesOf(device, ["GetParameterValues", "AddObject", "Reboot"])) {
      await caller.askAndWait(wish);
      await device.idle();
    }
  },
};

function wishesOf(device: DialogDevice, methods: readonly MarkedMethod[]): readonly Wish[] {
  return methods.map((method) => ({ device: device.key, method, mark: `the-${method}` }));
}

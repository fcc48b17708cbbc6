import { carryOut, operationFlags } from "../carry-out.ts";
import { command, deviceArgument } from "../command.ts";
import { connect } from "../connect.ts";
import { findDevice } from "../device-name.ts";

export const reboot = command({
  name: "reboot",
  section: "Calling a device",
  summary: "Reboot a device",
  about: ["Done means that the device said it will; `heliograph watch` shows its boot."],
  arguments: [deviceArgument],
  flags: operationFlags,
  examples: [
    { line: "reboot SN0001", shows: "wait until the device says it will" },
    { line: "reboot SN0001 --detach --expires 3600", shows: "only if it comes within the hour" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    return carryOut({ client, device, calls: [{ method: "Reboot" }] }, given, terminal);
  },
});

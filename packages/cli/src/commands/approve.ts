import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson } from "../output.ts";

export const approve = command({
  name: "approve",
  section: "Devices",
  summary: "Let a device be managed, or be claimed",
  about: [
    "Where somebody claims the device, the claim is what is approved: the credentials that the device has are dead, and " +
      "its next first contact is the device's. Do so where the device was reset, and only then.",
  ],
  arguments: [deviceArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [
    {
      line: "approve SN0001",
      shows: "after a look at `heliograph devices --approval waiting`, or `--claimed`",
    },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const device = await client.devices.approve(key);
    if (given.isOn("json")) showJson(terminal, device);
    else if (device.claim?.approved === undefined) {
      terminal.out(`${key} is approved; it is managed from its next Inform on`);
    } else {
      terminal.out(
        `the claim on ${key} is approved; its credentials are dead, and its next first contact is awaited`,
      );
    }
    return exitCodes.done;
  },
});

import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson } from "../output.ts";

export const approve = command({
  name: "approve",
  section: "Devices",
  summary: "Let a device be managed",
  arguments: [deviceArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "approve SN0001", shows: "after a look at `heliograph devices --approval waiting`" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const device = await client.devices.approve(key);
    if (given.isOn("json")) showJson(terminal, device);
    else terminal.out(`${key} is approved; it is managed from its next Inform on`);
    return exitCodes.done;
  },
});

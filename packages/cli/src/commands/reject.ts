import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson } from "../output.ts";

export const reject = command({
  name: "reject",
  section: "Devices",
  summary: "Refuse a device until it is approved",
  about: ["Where it is connected it is disconnected."],
  arguments: [deviceArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "reject SN0001", shows: "it is turned away" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const device = await client.devices.reject(key);
    if (given.isOn("json")) showJson(terminal, device);
    else terminal.out(`${key} is rejected; it is turned away until it is approved`);
    return exitCodes.done;
  },
});

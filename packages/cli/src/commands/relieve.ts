import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson } from "../output.ts";

export const relieve = command({
  name: "relieve",
  section: "Devices",
  summary: "Leave a device alone no longer",
  about: [
    "A device that cannot bear being read, and one on which what asks by itself goes round in a circle, is left alone for a " +
      "while by whatever asks by itself; `heliograph show` says why and until when. This forgets it.",
  ],
  arguments: [deviceArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "relieve SN0001", shows: "policies and scripts may ask it again" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const device = await client.devices.relieve(key);
    if (given.isOn("json")) showJson(terminal, device);
    else terminal.out(`${key} is left alone no longer`);
    return exitCodes.done;
  },
});

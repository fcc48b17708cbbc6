import { command, deviceArgument } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";

export const remove = command({
  name: "remove",
  section: "Devices",
  summary: "Forget a device",
  about: [
    "Its parameters, credentials and open operations go with it, and where it is connected it is disconnected. To " +
      "keep it out for good, reject it instead: a removed device that comes again is a new one.",
  ],
  arguments: [deviceArgument],
  flags: connectionFlags,
  examples: [{ line: "remove 00D09E-IGD-SN0001", shows: "it is forgotten" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key, reachability } = await findDevice(client, given.one("device"));
    await client.devices.remove(key);
    terminal.out(
      reachability === "connected"
        ? `${key} is forgotten; it was connected, and is disconnected`
        : `${key} is forgotten`,
    );
    return exitCodes.done;
  },
});

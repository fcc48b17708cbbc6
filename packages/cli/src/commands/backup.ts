import { operationFlags, readExpires, seeThrough } from "../carry-out.ts";
import { command, deviceArgument } from "../command.ts";
import { connect } from "../connect.ts";
import { findDevice } from "../device-name.ts";

export const backup = command({
  name: "backup",
  section: "Files",
  summary: "Have a device send its configuration, to be kept",
  about: ["heliograph files list --device <key> lists what was kept; heliograph files get writes it out."],
  arguments: [deviceArgument],
  flags: [...operationFlags],
  examples: [{ line: "backup SN0001", shows: "the id of the file that came" }],
  async run(given, terminal) {
    const expires = given.text("expires");
    const request = expires === undefined ? {} : { expires: readExpires(expires) };
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    const make = (idempotencyKey: string) =>
      client.operations.upload(device.key, request, { idempotencyKey });
    return seeThrough({ client, make }, given, terminal);
  },
});

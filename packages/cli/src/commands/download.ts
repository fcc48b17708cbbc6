import { operationFlags, readExpires, seeThrough } from "../carry-out.ts";
import { command, deviceArgument } from "../command.ts";
import { connect } from "../connect.ts";
import { findDevice } from "../device-name.ts";

export const download = command({
  name: "download",
  section: "Files",
  summary: "Have a device fetch a file, such as a firmware",
  about: [
    "The operation goes on until the device says what came of it; where it never does, its outcome is unknown.",
  ],
  arguments: [deviceArgument, { name: "file", help: "its id, as `files list` shows it" }],
  flags: [
    { name: "delay", value: "seconds", help: "how long the device is to wait before" },
    ...operationFlags,
  ],
  examples: [{ line: "download SN0001 0123456789abcdef --wait 600", shows: "that the device runs it" }],
  async run(given, terminal) {
    const [delay, expires, file] = [given.number("delay"), given.text("expires"), given.one("file")];
    const request = {
      file,
      ...(delay === undefined ? {} : { delay }),
      ...(expires === undefined ? {} : { expires: readExpires(expires) }),
    };
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    const make = (idempotencyKey: string) =>
      client.operations.download(device.key, request, { idempotencyKey });
    return seeThrough({ client, make }, given, terminal);
  },
});

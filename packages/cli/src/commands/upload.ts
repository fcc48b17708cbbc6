import { operationFlags, readExpires, seeThrough } from "../carry-out.ts";
import { command, deviceArgument } from "../command.ts";
import { connect } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { readUploadKind } from "../file-kind.ts";

export const upload = command({
  name: "upload",
  section: "Files",
  summary: "Have a device send a file, such as its log",
  arguments: [deviceArgument, { name: "kind", help: "config, log, or as CWMP writes it" }],
  flags: [...operationFlags],
  examples: [{ line: "upload SN0001 log", shows: "the id of the file that came" }],
  async run(given, terminal) {
    const [kind, expires] = [readUploadKind(given.one("kind")), given.text("expires")];
    const request = { kind, ...(expires === undefined ? {} : { expires: readExpires(expires) }) };
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    const make = (idempotencyKey: string) =>
      client.operations.upload(device.key, request, { idempotencyKey });
    return seeThrough({ client, make }, given, terminal);
  },
});

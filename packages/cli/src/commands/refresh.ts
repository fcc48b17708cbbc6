import type { RefreshRequest } from "@heliograph/api";
import { operationFlags, readExpires, seeThrough } from "../carry-out.ts";
import { command, deviceArgument } from "../command.ts";
import { connect } from "../connect.ts";
import { findDevice } from "../device-name.ts";

export const refresh = command({
  name: "refresh",
  section: "Calling a device",
  summary: "Read a device's parameters in steps that it can bear",
  about: [
    "Finds out what there is level by level, and reads it in batches that grow while the device answers well and shrink where " +
      "it does not. What cannot be read is told by name. Other operations go between its RPCs.",
    "Without a path: what the ACS knows already, and the first levels; what lies deeper and is not known is left out, and told.",
    "What was read: heliograph get <device> --stored",
  ],
  arguments: [deviceArgument, { name: "path", takes: "any", help: "a parameter, or a partial path" }],
  flags: [
    { name: "max-rpcs", value: "number", help: "stop after so many RPCs; else after 2000" },
    { name: "max-seconds", value: "seconds", help: "stop after so long; else after half an hour" },
    ...operationFlags,
  ],
  examples: [
    { line: "refresh SN0001", shows: "what is known of it, and what is new on the first levels" },
    { line: "refresh SN0001 Device.WiFi. Device.Hosts. --wait 300", shows: "all of two objects" },
  ],
  async run(given, terminal) {
    const paths = given.list("path");
    const rpcs = given.number("max-rpcs");
    const seconds = given.number("max-seconds");
    const expires = given.text("expires");
    const bounds = {
      ...(rpcs === undefined ? {} : { rpcs }),
      ...(seconds === undefined ? {} : { seconds }),
    };
    const request: RefreshRequest = {
      ...(paths.length === 0 ? {} : { paths: [...paths] }),
      ...(Object.keys(bounds).length === 0 ? {} : { bounds }),
      ...(expires === undefined ? {} : { expires: readExpires(expires) }),
    };
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    const make = (idempotencyKey: string) =>
      client.operations.refresh(device.key, request, { idempotencyKey });
    return seeThrough({ client, make }, given, terminal);
  },
});

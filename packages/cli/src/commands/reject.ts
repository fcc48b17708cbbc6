import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson } from "../output.ts";

export const reject = command({
  name: "reject",
  section: "Devices",
  summary: "Refuse a device, or a claim on it",
  about: [
    "Where it is connected it is disconnected. With --claim the device goes on as before, and whoever claims it is not " +
      "believed.",
  ],
  arguments: [deviceArgument],
  flags: [
    { name: "claim", help: "reject the claim on the device, not the device" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "reject SN0001", shows: "it is turned away" },
    { line: "reject SN0001 --claim", shows: "it goes on, and the claim on it is forgotten" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    const isClaim = given.isOn("claim");
    const device = isClaim ? await client.devices.rejectClaim(key) : await client.devices.reject(key);
    if (given.isOn("json")) showJson(terminal, device);
    else if (isClaim) terminal.out(`nobody claims ${key} now; it goes on as before`);
    else terminal.out(`${key} is rejected; it is turned away until it is approved`);
    return exitCodes.done;
  },
});

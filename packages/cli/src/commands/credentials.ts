import type { CredentialsRotation, Device } from "@heliograph/api";
import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson } from "../output.ts";

export const credentialsRotate = command({
  name: "credentials rotate",
  section: "Devices",
  summary: "Give a device new credentials of its own",
  about: [
    "A connected device is told at once, any other when it comes next. The credentials it has stay good until it has " +
      "confirmed the new ones; then they are good for nothing, and neither is any token it was given with them.",
  ],
  arguments: [deviceArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [
    { line: "credentials rotate SN0001", shows: "after somebody may have read those it has" },
    { line: "credentials rotate SN0001 --json", shows: "whether it is told now or later, for a program" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    const rotation = await client.devices.rotateCredentials(device.key);
    if (given.isOn("json")) {
      showJson(terminal, rotation);
      return exitCodes.done;
    }
    terminal.out(`${device.key} ${whenSentence(rotation)}; ${untilSentence(device)}`);
    terminal.err(`heliograph watch ${device.key} --names credentials-confirmed   shows when it has them`);
    return exitCodes.done;
  },
});

function whenSentence({ told }: CredentialsRotation): string {
  switch (told) {
    case "now":
      return "is connected and is being told its new credentials now";
    case "later":
      return "is told its new credentials when it comes next";
  }
}

function untilSentence({ credentials }: Device): string {
  return credentials === "none" || credentials === "staged"
    ? "it has not confirmed any of its own before"
    : "those it has stay good until it has confirmed them";
}

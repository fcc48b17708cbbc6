import type { Device } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { UsageError } from "../command-error.ts";
import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson } from "../output.ts";

export const tag = command({
  name: "tag",
  section: "Devices",
  summary: "Give a device tags, and take them from it",
  about: ["Groups and searches ask for tags: `heliograph devices --where 'tag = \"gold\"'`."],
  arguments: [
    deviceArgument,
    { name: "+tag or -tag", takes: "at-least-one", help: "a tag to give, or one to take", signed: true },
  ],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "tag SN0001 +gold -beta", shows: "it is gold from now on, and no beta any more" }],
  async run(given, terminal) {
    const wishes = given.list("+tag or -tag").map(readWish);
    const client = connect(given, terminal);
    let device = await findDevice(client, given.one("device"));
    for (const wish of wishes) device = await carryOut(client, device.key, wish);
    if (given.isOn("json")) showJson(terminal, device);
    else terminal.out(device.tags.length === 0 ? "no tags" : device.tags.join(", "));
    return exitCodes.done;
  },
});

interface Wish {
  readonly sign: "+" | "-";
  readonly name: string;
}

function readWish(word: string): Wish {
  const name = word.slice(1);
  if (name !== "" && word.startsWith("+")) return { sign: "+", name };
  if (name !== "" && word.startsWith("-")) return { sign: "-", name };
  throw new UsageError(`"${word}" is neither +tag nor -tag`);
}

function carryOut({ groups }: Client, device: string, { sign, name }: Wish): Promise<Device> {
  return sign === "+" ? groups.addTag(device, name) : groups.removeTag(device, name);
}

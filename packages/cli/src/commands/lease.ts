import type { Lease, LeaseRequest } from "@heliograph/api";
import { ApiError, type Client } from "@heliograph/api/client";
import { UsageError } from "../command-error.ts";
import { command, deviceArgument, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { readDuration } from "../duration.ts";
import { exitCodes } from "../exit-code.ts";
import type { Given } from "../given.ts";
import { printable, showJson } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { relativeTime } from "../time-words.ts";

type Flags = "for" | "reason" | "show" | "release" | "json";

export const lease = command({
  name: "lease",
  section: "Calling a device",
  summary: "Hold a device, so that nobody else writes to it",
  about: [
    "What others ask of it is refused meanwhile, with your name and the end, unless it only reads. Asked again, the lease " +
      "ends at another time. --release gives up one's own, and breaks somebody else's where one may admit devices.",
  ],
  arguments: [deviceArgument],
  flags: [
    { name: "for", value: "time", help: "how long from now on, at most 1h; else for 5min" },
    { name: "reason", value: "why", help: "stands in the audit log" },
    { name: "show", help: "say who holds it, and nothing else" },
    { name: "release", help: "hold it no longer" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "lease SN0001 --for 20min --reason 'ticket 4711'", shows: "until when you hold it" },
    { line: "lease SN0001 --show", shows: "who holds it" },
    { line: "lease SN0001 --release", shows: "nothing more to hold" },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const { key } = await findDevice(client, given.one("device"));
    if (given.isOn("release")) {
      await client.leases.end(key);
      terminal.out(`nobody holds ${key}`);
      return exitCodes.done;
    }
    const found = given.isOn("show")
      ? await holder(client, key)
      : await client.leases.take(key, wishOf(given));
    if (given.isOn("json")) showJson(terminal, found ?? {});
    else terminal.out(found === undefined ? `nobody holds ${key}` : sentence(found, terminal));
    return exitCodes.done;
  },
});

async function holder({ leases }: Client, key: string): Promise<Lease | undefined> {
  try {
    return await leases.get(key);
  } catch (error) {
    if (error instanceof ApiError && error.reason === "not-leased") return undefined;
    throw error;
  }
}

function wishOf(given: Given<Flags>): LeaseRequest {
  const [length, reason] = [given.text("for"), given.text("reason")];
  const seconds = length === undefined ? undefined : Math.ceil(readDuration("for", length) / 1_000);
  if (seconds !== undefined && (seconds < 1 || seconds > MOST_SECONDS))
    throw new UsageError(`--for must be between 1s and 1h; it is "${length ?? ""}"`);
  return {
    ...(seconds === undefined ? {} : { seconds }),
    ...(reason === undefined ? {} : { reason }),
  };
}

const MOST_SECONDS = 3_600;

function sentence({ device, holder: who, reason, ends }: Lease, terminal: Terminal): string {
  const why = reason === "" ? "" : `: ${reason}`;
  return printable(`${who} holds ${device}; that ends ${relativeTime(ends, terminal.now())}${why}`);
}

import type { Grant, GrantNarrowing } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { exitCodes } from "../exit-code.ts";
import type { Given } from "../given.ts";
import { coverWords, deviceWords, showGrant, showTranscript, standing } from "../grant-words.ts";
import { showJson, showTable } from "../output.ts";
import { localTime } from "../time-words.ts";

const grantArgument = { name: "id", help: "its id, as `heliograph grants list` shows it" } as const;

const devicesFlag = {
  name: "devices",
  value: "expression",
  help: "in place of names, what is true of them, such as 'tag = \"berlin\"'; who leaves them is out at once",
} as const;

const scopeFlags = [
  { name: "methods", value: "name,…", help: "RPCs; else those that read and write what the paths name" },
  { name: "read", value: "path,…", help: "paths that may be read, such as Device.WiFi. and all below it" },
  { name: "write", value: "path,…", help: "paths that may be written" },
  { name: "channels", value: "name,…", help: "channels that may be followed" },
  { name: "hours", value: "hours", help: "how long it is good for from now on" },
] as const;

type ScopeFlag = (typeof scopeFlags)[number]["name"];

export const grantsList = command({
  name: "grants list",
  section: "Access",
  summary: "List grants, also those that are over",
  arguments: [],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "grants list", shows: "who was admitted to what, and until when" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).grants.list();
    if (given.isOn("json")) showJson(terminal, items);
    else {
      const rows = items.map((grant) => [
        grant.id,
        grant.holder,
        deviceWords(grant),
        standing(grant, terminal.now()),
        { text: grant.reason, tone: "quiet" } as const,
      ]);
      showTable(terminal, { head: ["id", "holder", "devices", "", "reason"], rows });
    }
    return exitCodes.done;
  },
});

export const grantsCreate = command({
  name: "grants create",
  section: "Access",
  summary: "Admit somebody to devices for a while",
  about: [
    "The token is told only once. What is not named is refused. Methods that no path bounds, such as Reboot, Download and FactoryReset, are named in " +
      "--methods; what lies under ManagementServer. is written by a path that names it. Nobody grants what they may not do.",
  ],
  arguments: [{ name: "device", takes: "any", help: "keys, or parts of keys or serial numbers" }],
  flags: [
    devicesFlag,
    { name: "holder", value: "who", help: "whom it is for" },
    { name: "reason", value: "why", help: "stands in the audit log" },
    ...scopeFlags,
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    {
      line: "grants create SN0001 --holder 'vendor desk' --reason 'ticket 4711' --read Device.WiFi.",
      shows: "an hour of looking at its WiFi",
    },
    {
      line: "grants create --devices 'tag = \"berlin\"' --holder jo --reason night --read Device.",
      shows: "an hour of looking at whatever has that tag then",
    },
    {
      line: "grants create SN0001 --holder jo --reason test --read Device. --methods GetParameterValues,Reboot --hours 24",
      shows: "a day of reading everything and rebooting",
    },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const made = await client.grants.create({
      holder: needed(given.text("holder"), "holder"),
      reason: needed(given.text("reason"), "reason"),
      devices: (await devicesOf(client, given)) ?? missingDevices(),
      ...scopeOf(given),
    });
    if (given.isOn("json")) showJson(terminal, made);
    else {
      terminal.out(made.token);
      terminal.err(
        `this is the token of ${made.holder}, told only now, good until ${localTime(made.expires)};`,
      );
      if (made.covers !== undefined) terminal.err(`it covers ${coverWords(made.covers)} now;`);
      terminal.err(`heliograph grants revoke ${made.id} ends it at once`);
    }
    return exitCodes.done;
  },
});

export const grantsShow = command({
  name: "grants show",
  section: "Access",
  summary: "Show what a grant gives",
  arguments: [grantArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "grants show 0f1e2d3c4b5a6978", shows: "whom it admits to what" }],
  async run(given, terminal) {
    const grant = await connect(given, terminal).grants.get(given.one("id"));
    if (given.isOn("json")) showJson(terminal, grant);
    else showGrant(terminal, grant);
    return exitCodes.done;
  },
});

export const grantsNarrow = command({
  name: "grants narrow",
  section: "Access",
  summary: "Leave less of a grant",
  about: ["What is not written stays as it is. An empty list, as in --write '', leaves nothing of its kind."],
  arguments: [grantArgument, { name: "device", takes: "any", help: "those that are left" }],
  flags: [devicesFlag, ...scopeFlags, jsonFlag, ...connectionFlags],
  examples: [{ line: "grants narrow 0f1e2d3c4b5a6978 --write ''", shows: "it only reads from now on" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const devices = await devicesOf(client, given);
    const left: GrantNarrowing = {
      ...(devices === undefined ? {} : { devices }),
      ...scopeOf(given),
    };
    if (Object.keys(left).length === 0)
      throw new UsageError("say what is left: devices, --read, --write and others");
    return tell(await client.grants.narrow(given.one("id"), left), given, terminal);
  },
});

export const grantsExtend = command({
  name: "grants extend",
  section: "Access",
  summary: "Let a grant last longer",
  about: ["No grant lasts for more than seven days in all."],
  arguments: [grantArgument],
  flags: [
    { name: "hours", value: "hours", default: "1", help: "how long from now on" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: "grants extend 0f1e2d3c4b5a6978 --hours 24", shows: "until this time tomorrow" }],
  async run(given, terminal) {
    const seconds = secondsOf(given.number("hours") ?? 1);
    const grant = await connect(given, terminal).grants.extend(given.one("id"), { seconds });
    return tell(grant, given, terminal);
  },
});

export const grantsRevoke = command({
  name: "grants revoke",
  section: "Access",
  summary: "End a grant and what is open under it",
  arguments: [grantArgument],
  flags: connectionFlags,
  examples: [
    {
      line: "grants revoke 0f1e2d3c4b5a6978",
      shows: "its sockets close, and what it asked for is cancelled",
    },
  ],
  async run(given, terminal) {
    const id = given.one("id");
    await connect(given, terminal).grants.revoke(id);
    terminal.out(`grant ${id} is revoked`);
    return exitCodes.done;
  },
});

export const grantsTranscript = command({
  name: "grants transcript",
  section: "Access",
  summary: "Read what was done under a grant",
  arguments: [grantArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "grants transcript 0f1e2d3c4b5a6978", shows: "the whole session, oldest first" }],
  async run(given, terminal) {
    const transcript = await connect(given, terminal).grants.transcript(given.one("id"));
    if (given.isOn("json")) showJson(terminal, transcript);
    else showTranscript(terminal, transcript);
    return exitCodes.done;
  },
});

function tell(
  grant: Grant,
  given: Pick<Given<"json">, "isOn">,
  terminal: Parameters<typeof showGrant>[0],
): typeof exitCodes.done {
  if (given.isOn("json")) showJson(terminal, grant);
  else showGrant(terminal, grant);
  return exitCodes.done;
}

type Scope = Omit<GrantNarrowing, "devices">;

function scopeOf(given: Given<ScopeFlag>): Scope {
  const named = (name: Exclude<ScopeFlag, "hours">): readonly string[] | undefined => {
    const text = given.text(name);
    return text === undefined ? undefined : listOf(text);
  };
  const [methods, read, write, channels] = [
    named("methods"),
    named("read"),
    named("write"),
    named("channels"),
  ];
  const hours = given.number("hours");
  return {
    ...(methods === undefined ? {} : { methods }),
    ...(read === undefined ? {} : { read }),
    ...(write === undefined ? {} : { write }),
    ...(channels === undefined ? {} : { channels }),
    ...(hours === undefined ? {} : { seconds: secondsOf(hours) }),
  };
}

function listOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function secondsOf(hours: number): number {
  const seconds = Math.round(hours * 3_600);
  if (seconds === 0) throw new UsageError("--hours must be more than 0");
  return seconds;
}

function needed(text: string | undefined, name: string): string {
  if (text === undefined || text === "") throw new UsageError(`--${name} is missing`);
  return text;
}

/** Devices by their names, or by what is true of them; undefined where neither is said. */
async function devicesOf(
  client: Client,
  given: Pick<Given<"device" | "devices">, "list" | "text">,
): Promise<Grant["devices"] | undefined> {
  const [names, where] = [given.list("device"), given.text("devices")];
  if (where === undefined) return names.length === 0 ? undefined : keysOf(client, names);
  if (names.length > 0) throw new UsageError("devices are named, or said by --devices, and not both");
  return { where };
}

function missingDevices(): never {
  throw new UsageError("<device> or --devices is missing");
}

async function keysOf(client: Client, names: readonly string[]): Promise<readonly string[]> {
  const devices = await Promise.all(names.map((name) => findDevice(client, name)));
  return devices.map(({ key }) => key);
}

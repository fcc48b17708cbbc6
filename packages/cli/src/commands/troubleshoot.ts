import type { GrantRequest, Me, NewGrant } from "@heliograph/api";
import { createClient, type Client } from "@heliograph/api/client";
import { CommandError, UsageError } from "../command-error.ts";
import { command } from "../command.ts";
import { connect, connectionFlags, locate, type ConnectionFlag } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { readDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-code.ts";
import type { Given } from "../given.ts";
import { showJson } from "../output.ts";
import { entriesOf } from "../parameter-value.ts";
import { watchAdmission } from "../shell/admission.ts";
import { runLines, runShell } from "../shell/run-shell.ts";
import { openTranscript } from "../shell/transcript.ts";
import type { Terminal } from "../terminal.ts";
import { localTime, relativeTime } from "../time-words.ts";
import { scopeOfWords } from "../troubleshoot-scope.ts";

type Flags =
  "device" | "for" | "may" | "reason" | "holder" | "shell" | "run" | "on" | "save" | "wait" | "json";
type Asked = Given<Flags | ConnectionFlag>;

export const troubleshoot = command({
  name: "troubleshoot",
  section: "Access",
  summary: "Look at a device under a grant, in a shell",
  about: [
    "With a device: makes a grant, and prints the line by which a support person opens a shell within it. With --shell or --run " +
      "the shell is here, and the grant ends with it.",
    "Without a device: opens the shell by the token of a grant, which is best given as HELIOGRAPH_TOKEN. The shell ends when " +
      "the grant does.",
    "--may takes read:<path>, write:<path> and names of RPCs, such as read:Device.WiFi.,write:Device.WiFi.Radio.,Reboot. Left " +
      "out, everything is read, except passwords and keys, and nothing is written.",
  ],
  arguments: [
    {
      name: "device",
      takes: "at-most-one",
      help: "its key, or a part of the key or serial number that no other device has",
    },
  ],
  flags: [
    { name: "for", value: "time", default: "30min", help: "how long the grant is good for" },
    { name: "may", value: "what,…", help: "what may be done; else reading" },
    { name: "reason", value: "why", default: "troubleshooting", help: "stands in the audit log" },
    { name: "holder", value: "who", default: "support", help: "whom the grant is for" },
    { name: "shell", help: "open the shell here; at its end the grant is revoked" },
    {
      name: "run",
      value: "lines",
      help: "carry out these lines in place of a shell, up to the first that fails",
    },
    { name: "on", value: "device", help: "which device, where the grant is for several" },
    {
      name: "save",
      value: "file",
      help: "write the transcript to this file; a shell has one in any case, which it names",
    },
    { name: "wait", value: "seconds", default: "30", help: "how long to wait for the device at each call" },
    { name: "json", help: "the grant as JSON, for programs" },
    ...connectionFlags,
  ],
  examples: [
    {
      line: "troubleshoot SN0001 --for 30min --reason 'ticket 4711' --may read:Device.,Reboot",
      shows: "a line for the support person",
    },
    { line: "troubleshoot SN0001 --shell --may read:Device.,write:Device.WiFi.", shows: "a shell" },
    { line: "troubleshoot --run 'get Device.DeviceInfo.'", shows: "what a grant's token gives to see" },
  ],
  async run(given, terminal) {
    const name = given.text("device");
    if (name === undefined) return enter(connect(given, terminal), given, terminal);
    const client = connect(given, terminal);
    const { key } = await findDevice(client, name);
    const made = await client.grants.create(requestOf(key, given));
    const { url } = locate(given, terminal);
    if (given.isOn("shell") || given.text("run") !== undefined) {
      try {
        return await enter(createClient({ url, token: made.token }), given, terminal);
      } finally {
        await client.grants.revoke(made.id);
        terminal.err(
          `grant ${made.id} is revoked; heliograph grants transcript ${made.id} has what was done`,
        );
      }
    }
    if (given.isOn("json")) showJson(terminal, made);
    else handOver(made, url, terminal);
    return exitCodes.done;
  },
});

function requestOf(key: string, given: Asked): GrantRequest {
  const seconds = Math.ceil(readDuration("for", given.text("for") ?? "") / 1_000);
  if (seconds < 1) throw new UsageError("--for must be 1s or more");
  return {
    holder: given.one("holder"),
    reason: given.one("reason"),
    devices: [key],
    seconds,
    ...scopeOfWords(given.text("may")),
  };
}

function handOver({ id, token, holder, expires }: NewGrant, url: string, terminal: Terminal): void {
  terminal.out(`HELIOGRAPH_URL=${url} HELIOGRAPH_TOKEN=${token} heliograph troubleshoot`);
  terminal.err(`this is for ${holder}, told only now, and good until ${localTime(expires)};`);
  terminal.err(`heliograph grants revoke ${id} ends it at once`);
}

/** Opens the shell, or carries out what was written in its place. */
async function enter(client: Client, given: Asked, terminal: Terminal): Promise<ExitCode> {
  const me = await client.sessions.me();
  const device = await theDevice(client, given.text("on"));
  const known = await client.devices.parameters(device);
  const lines = given.text("run")?.split("\n");
  const path = given.text("save") ?? (lines === undefined ? fileName(device, terminal.now()) : undefined);
  await using transcript = path === undefined ? undefined : await openTranscript(path, terminal);
  const heard = transcript?.terminal ?? terminal;
  using admission = watchAdmission({ client, expires: me.expires, now: () => terminal.now() });
  const shell = {
    admission,
    note: transcript?.note ?? (() => undefined),
    session: {
      client,
      device,
      terminal: heard,
      waitMs: (given.number("wait") ?? 0) * 1_000,
      paths: new Set(entriesOf(known.ParameterList).map(([each]) => each)),
    },
  };
  if (lines === undefined) welcome(me, device, heard);
  const exitCode = await (lines === undefined ? runShell(shell) : runLines(lines, shell));
  if (transcript !== undefined) terminal.err(`the transcript is in ${transcript.path}`);
  return exitCode;
}

function welcome({ name, expires, rights }: Me, device: string, terminal: Terminal): void {
  const until = expires === undefined ? "" : `, ends ${relativeTime(expires, terminal.now())}`;
  terminal.err(`${device} by ${name}${until}`);
  terminal.err(`reads ${shown(rights.read)}; writes ${shown(rights.write)}`);
  terminal.err("help lists what there is, tab completes, Ctrl-D leaves");
}

function shown(paths: readonly string[]): string {
  return paths.length === 0 ? "nothing" : paths.map((path) => (path === "" ? "everything" : path)).join(" ");
}

async function theDevice(client: Client, name: string | undefined): Promise<string> {
  if (name !== undefined) return (await findDevice(client, name)).key;
  const { items } = await client.devices.list({ limit: 2 });
  const [only, ...others] = items;
  if (only !== undefined && others.length === 0) return only.key;
  throw new CommandError(
    only === undefined ? "the token shows no device" : "the token shows several devices",
    exitCodes.refused,
    ["--on says which one it is about"],
  );
}

/** Such as `troubleshoot-SN0001-20260131T120000Z.txt`. */
function fileName(device: string, now: number): string {
  const serial = device.split("-").at(-1)?.replaceAll(/[^\w]/g, "_") ?? "";
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return `troubleshoot-${serial}-${time}.txt`;
}

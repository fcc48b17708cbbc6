import type { Call } from "@heliograph/api";
import { randomUUID } from "node:crypto";
import { awaitEnd } from "../carry-out.ts";
import { UsageError } from "../command-error.ts";
import { readDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-code.ts";
import { isJsonObject, parseJson } from "../json-object.ts";
import { showTable } from "../output.ts";
import { entriesOf, parseAssignments, readValue } from "../parameter-value.ts";
import { clockTime } from "../time-words.ts";
import type { ShellSession } from "./shell-session.ts";
import { watchValues } from "./watch-values.ts";

/** One thing that can be said in the shell. */
export interface ShellCommand {
  readonly name: string;
  /** What stands behind its name. */
  readonly takes: string;
  readonly summary: string;
  /** `signal`: Ctrl-C, or the end of what the person came in by. Throws {@link UsageError}. */
  readonly run: (words: readonly string[], session: ShellSession, signal: AbortSignal) => Promise<ExitCode>;
}

export const shellCommands: readonly ShellCommand[] = [
  {
    name: "get",
    takes: "<path>…",
    summary: "read parameters of the device; a path that ends with a dot is all below it",
    run: (words, session, signal) =>
      calling(
        { method: "GetParameterValues", params: { ParameterNames: [...some(words)] } },
        session,
        signal,
      ),
  },
  {
    name: "watch",
    takes: "<path>… [every=5s] [times=n]",
    summary: "show them as they are, and whenever one changes; Ctrl-C ends it",
    run: (words, session, signal) => watchValues(some(words), session, signal),
  },
  {
    name: "known",
    takes: "[path]…",
    summary: "show what the ACS knows, without asking the device",
    run: (words, session, signal) => showKnown(words, session, signal),
  },
  {
    name: "names",
    takes: "<path>",
    summary: "what an object holds, one level down",
    run: ([path = "", ...more], session, signal) => {
      if (more.length > 0) throw new UsageError("names takes one path");
      const params = { ParameterPath: path, NextLevel: true };
      return calling({ method: "GetParameterNames", params }, session, signal);
    },
  },
  {
    name: "set",
    takes: "<path=value>…",
    summary: "write parameters, all of them or none; path:type=value says the type",
    run: (words, session, signal) => {
      const ParameterList = parseAssignments(some(words));
      return calling({ method: "SetParameterValues", params: { ParameterList } }, session, signal);
    },
  },
  {
    name: "call",
    takes: "<method> [params]",
    summary: "call any RPC, its params as a JSON object",
    run: ([method, text, ...more], session, signal) => {
      if (method === undefined || more.length > 0) throw new UsageError("call <method> [params]");
      const params = text === undefined ? {} : parseJson(text);
      if (!isJsonObject(params)) throw new UsageError(`the params are no JSON object: ${text ?? ""}`);
      return calling({ method, params }, session, signal);
    },
  },
  {
    name: "hold",
    takes: "[time]",
    summary: "keep others from writing to the device, for 5min unless said otherwise",
    run: async ([length, ...more], { client, device, terminal }, signal) => {
      if (more.length > 0) throw new UsageError("hold takes one time, such as 20min");
      const seconds =
        length === undefined ? {} : { seconds: Math.ceil(readDuration("time", length) / 1_000) };
      const { ends } = await client.leases.take(device, seconds, { signal });
      terminal.out(`it is yours until ${clockTime(ends)}`);
      return exitCodes.done;
    },
  },
  {
    name: "release",
    takes: "",
    summary: "let others write to it again",
    run: async (_, { client, device, terminal }, signal) => {
      await client.leases.end(device, { signal });
      terminal.out("nobody holds it");
      return exitCodes.done;
    },
  },
];

async function calling(call: Call, session: ShellSession, signal: AbortSignal): Promise<ExitCode> {
  const { client, device, terminal, waitMs, paths } = session;
  const operation = await client.operations.create(device, call, { idempotencyKey: randomUUID(), signal });
  const awaited = { client, operation, waitMs, signal };
  const exitCode = await awaitEnd(awaited, { isOn: () => false }, terminal);
  if (exitCode !== exitCodes.done) return exitCode;
  const { result } = await client.operations.get(operation.id, { signal });
  for (const [path] of entriesOf(result?.["ParameterList"])) paths.add(path);
  return exitCode;
}

async function showKnown(
  words: readonly string[],
  { client, device, terminal, paths }: ShellSession,
  signal: AbortSignal,
): Promise<ExitCode> {
  const wanted = words.length === 0 ? [undefined] : words;
  const lists = await Promise.all(wanted.map((path) => client.devices.parameters(device, path, { signal })));
  const entries = lists.flatMap(({ ParameterList }) => entriesOf(ParameterList));
  for (const [path] of entries) paths.add(path);
  if (entries.length === 0) terminal.err("the ACS knows nothing of that that may be shown");
  else showTable(terminal, { rows: entries.map(([path, value]) => [path, readValue(value).text]) });
  return exitCodes.done;
}

function some(words: readonly string[]): readonly string[] {
  if (words.length === 0) throw new UsageError("a path is missing");
  return words;
}

import type { Call, JsonObject } from "@heliograph/api";
import { readFile } from "node:fs/promises";
import { carryOut, operationFlags } from "../carry-out.ts";
import { UsageError } from "../command-error.ts";
import { command, deviceArgument } from "../command.ts";
import { connect } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import type { Given } from "../given.ts";
import { isJsonObject, parseJson } from "../json-object.ts";
import type { Terminal } from "../terminal.ts";

export const call = command({
  name: "call",
  section: "Calling a device",
  summary: "Call any RPC on a device, or several in order",
  about: [
    "Parameters have the names of the CWMP schema, parameter lists are grouped by object: " +
      '{"ParameterList": {"Device.WiFi.Radio.1.": {"Channel": 36}}}. A vendor\'s RPC X_<OUI>_Name takes any object.',
    "A sequence is a JSON list of {method, params}; it stops at the first fault.",
  ],
  arguments: [
    deviceArgument,
    { name: "method", takes: "at-most-one", help: "the RPC, such as AddObject" },
    {
      name: "params",
      takes: "at-most-one",
      help: "its parameters as a JSON object, or - for standard input",
    },
  ],
  flags: [
    { name: "rpcs", value: "file", help: "call the RPCs of a JSON file, - for standard input" },
    ...operationFlags,
  ],
  examples: [
    {
      line: `call SN0001 GetParameterNames '{"ParameterPath": "Device.", "NextLevel": true}'`,
      shows: "the objects it has",
    },
    { line: `call SN0001 AddObject '{"ObjectName": "Device.NAT.PortMapping."}'`, shows: "a new instance" },
    { line: "call SN0001 FactoryReset", shows: "an RPC that takes nothing" },
    { line: "call SN0001 --rpcs provision.json", shows: "a sequence" },
  ],
  async run(given, terminal) {
    const calls = await readCalls(given, terminal);
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    return carryOut({ client, device, calls }, given, terminal);
  },
});

export async function readCalls(
  given: Given<"method" | "params" | "rpcs">,
  terminal: Terminal,
): Promise<readonly Call[]> {
  const method = given.text("method");
  const file = given.text("rpcs");
  if (file !== undefined && method !== undefined) throw new UsageError("--rpcs takes the place of a method");
  if (file !== undefined) return parseCalls(file, await readSource(file, terminal));
  if (method === undefined) throw new UsageError("<method> is missing");
  const params = given.text("params");
  if (params === undefined) return [{ method }];
  return [{ method, params: parseParams(params === "-" ? await terminal.readInput() : params) }];
}

async function readSource(file: string, terminal: Terminal): Promise<string> {
  if (file === "-") return terminal.readInput();
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseCalls(file: string, text: string): readonly Call[] {
  const list = parseJson(text);
  if (Array.isArray(list) && list.length > 0 && list.every(isCall)) return list;
  throw new UsageError(`${file} must hold a JSON list of {"method": …, "params": {…}}`);
}

function isCall(value: unknown): value is Call {
  if (!isJsonObject(value)) return false;
  const { method, params } = value;
  return typeof method === "string" && (params === undefined || isJsonObject(params));
}

function parseParams(text: string): JsonObject {
  const params = parseJson(text);
  if (isJsonObject(params)) return params;
  throw new UsageError(`the parameters must be a JSON object; they are ${text.trim() || "empty"}`);
}

import type { PolicyRequest } from "@heliograph/api";
import { readFile } from "node:fs/promises";
import { UsageError } from "./command-error.ts";
import { isJsonObject, parseJson } from "./json-object.ts";
import type { Terminal } from "./terminal.ts";

/** What devices are to hold, as a person gives it. */

export function readHold(text: string): "mend" | "report" {
  if (text === "mend" || text === "report") return text;
  throw new UsageError(`--hold must be mend or report; it is "${text}"`);
}

export async function readSource(file: string, terminal: Terminal): Promise<string> {
  if (file === "-") return terminal.readInput();
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What it says is checked by the ACS. */
export function parseContent(file: string, text: string): Partial<PolicyRequest> {
  const content = parseJson(text);
  if (isJsonObject(content)) return content;
  throw new UsageError(`${file} must hold a JSON object with values, objects or file`);
}

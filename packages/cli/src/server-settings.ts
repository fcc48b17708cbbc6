import { readSettings, SettingError, type Settings } from "@heliograph/server/settings";
import { readFile } from "node:fs/promises";
import type { Flag } from "./command.ts";
import { rootMessage } from "./explain-error.ts";
import { isJsonObject, parseJson } from "./json-object.ts";
import type { Given } from "./given.ts";
import type { Terminal } from "./terminal.ts";

/** Of every command that works on the server's own data. */
export const configFlag = {
  name: "config",
  value: "file.json",
  help: "a JSON object of settings; else HELIOGRAPH_CONFIG",
} as const satisfies Flag;

/** The server's settings as `serve` reads them, of the flags that the command has. */
export async function serverSettings(given: Given<"config">, { environment }: Terminal): Promise<Settings> {
  const path = given.text("config") ?? environment["HELIOGRAPH_CONFIG"];
  const { config: _, ...flags } = given.written();
  return readSettings({ flags, environment, file: path === undefined ? {} : await readConfig(path) });
}

async function readConfig(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new SettingError(`the config file cannot be read: ${rootMessage(error)}`);
  });
  const settings = parseJson(text);
  if (isJsonObject(settings)) return settings;
  throw new SettingError(`the config file ${path} must hold a JSON object of settings`);
}

import { createClient, type Client } from "@heliograph/api/client";
import { readClientFile, type ClientFile } from "@heliograph/server/data-folder";
import { join } from "node:path";
import { CommandError } from "./command-error.ts";
import type { Flag } from "./command.ts";
import { exitCodes } from "./exit-code.ts";
import type { Given } from "./given.ts";
import type { Terminal } from "./terminal.ts";

export type ConnectionFlag = (typeof connectionFlags)[number]["name"];

const HEADING = "Where the ACS is";

/** Of every command that talks to an ACS. */
export const connectionFlags = [
  {
    name: "url",
    value: "url",
    heading: HEADING,
    help: "its northbound, such as http://127.0.0.1:8080; else HELIOGRAPH_URL",
  },
  {
    name: "token",
    value: "token",
    heading: HEADING,
    help: "what it knows you by; else HELIOGRAPH_TOKEN, which other people of this machine cannot see",
  },
  {
    name: "data",
    value: "folder",
    heading: HEADING,
    help:
      "the data folder of an ACS on this machine, whose client.json has both; " +
      "else HELIOGRAPH_DATA, else what `heliograph login` keeps, else ./data",
  },
] as const satisfies readonly Flag[];

type Places = Pick<Terminal, "environment" | "home">;

/** The ACS's API, wherever flags, environment or files say it is. Throws {@link CommandError} where none does. */
export function connect(given: Given<ConnectionFlag>, places: Places): Client {
  return createClient(locate(given, places));
}

/** The folder in which `login` keeps where the ACS is. */
export function loginFolder({ environment, home }: Places): string {
  const config = environment["XDG_CONFIG_HOME"] ?? "";
  return join(config === "" ? join(home, ".config") : config, "heliograph");
}

/** What is said now comes before what was said once; a token from a file goes to that file's ACS only. */
export function locate(given: Given<ConnectionFlag>, places: Places): ClientFile {
  const { environment } = places;
  const url = given.text("url") ?? environment["HELIOGRAPH_URL"];
  const token = given.text("token") ?? environment["HELIOGRAPH_TOKEN"];
  const isFolderFirst = given.text("data") !== undefined && given.text("url") === undefined;
  if (url !== undefined && token !== undefined && !isFolderFirst) return { url, token };
  const folders = candidateFolders(given.text("data"), places);
  for (const file of readAll(folders)) {
    if (isFolderFirst) return { url: file.url, token: given.text("token") ?? file.token };
    if (url === undefined) return { url: file.url, token: token ?? file.token };
    if (sameOrigin(url, file.url)) return { url, token: file.token };
  }
  throw notFound(url, folders);
}

function candidateFolders(data: string | undefined, places: Places): readonly string[] {
  if (data !== undefined) return [data];
  const fromEnvironment = places.environment["HELIOGRAPH_DATA"] ?? "";
  return fromEnvironment === "" ? [loginFolder(places), "data"] : [fromEnvironment, loginFolder(places)];
}

function* readAll(folders: readonly string[]): Generator<ClientFile, void, undefined> {
  for (const folder of folders) {
    const file = readOne(join(folder, "client.json"));
    if (file !== undefined) yield file;
  }
}

function readOne(path: string): ClientFile | undefined {
  try {
    return readClientFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${path} cannot be used: ${why}`, exitCodes.unreachable);
  }
}

function sameOrigin(a: string, b: string): boolean {
  const origin = URL.parse(a)?.origin;
  return origin !== undefined && origin === URL.parse(b)?.origin;
}

function notFound(url: string | undefined, folders: readonly string[]): CommandError {
  const looked = `looked into ${folders.map((folder) => join(folder, "client.json")).join(" and ")}`;
  if (url === undefined) {
    return new CommandError("no ACS is known here", exitCodes.unreachable, [
      looked,
      "start one here with `heliograph serve`, or name one: `heliograph login <url>`, --url and --token",
    ]);
  }
  return new CommandError(`there is no token for ${url}`, exitCodes.unauthorised, [
    looked,
    `give one: \`heliograph login ${url}\`, --token or HELIOGRAPH_TOKEN`,
  ]);
}

import { createClient } from "@heliograph/api/client";
import { openDataFolder } from "@heliograph/server/data-folder";
import { join } from "node:path";
import { UsageError } from "../command-error.ts";
import { command } from "../command.ts";
import { loginFolder } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import type { Given } from "../given.ts";
import type { Terminal } from "../terminal.ts";

export const login = command({
  name: "login",
  section: "Access",
  summary: "Remember where an ACS is, and the token for it",
  about: [
    "The token is asked for without showing it, or read from standard input where that is no terminal. It is tried, " +
      "and kept in ~/.config/heliograph/client.json for you alone to read.",
  ],
  arguments: [{ name: "url", help: "the northbound, such as https://acs.example.net" }],
  flags: [
    {
      name: "user",
      value: "name",
      help: "sign in by name; the password is asked for, and the token is good for half a day",
    },
    { name: "token", value: "token", help: "the token; the other ways keep it out of your shell's history" },
  ],
  examples: [
    { line: "login https://acs.example.net", shows: "asks for the token" },
    { line: "login https://acs.example.net < token.txt", shows: "reads it" },
    { line: "login https://acs.example.net --user jo.miller", shows: "asks for jo's password" },
  ],
  async run(given, terminal) {
    const url = readUrl(given.one("url"));
    const user = given.text("user");
    const token =
      user === undefined ? await readToken(url, given, terminal) : await signIn(url, user, terminal);
    await createClient({ url, token }).devices.list({ limit: 1 });
    const folder = loginFolder(terminal);
    openDataFolder(folder).writeClient({ url, token });
    terminal.out(`${url} takes the token; both are kept in ${join(folder, "client.json")}`);
    return exitCodes.done;
  },
});

async function readToken(url: string, given: Given<"token">, terminal: Terminal): Promise<string> {
  const token = (given.text("token") ?? (await terminal.askSecret(`token for ${url}: `))).trim();
  if (token === "") throw new UsageError("no token was given");
  return token;
}

async function signIn(url: string, name: string, terminal: Terminal): Promise<string> {
  const password = (await terminal.askSecret(`password of ${name} at ${url}: `)).trim();
  const { token } = await createClient({ url, token: "" }).sessions.signIn({ name, password });
  return token;
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, "");
  throw new UsageError(`"${text}" is not an http or https URL`);
}

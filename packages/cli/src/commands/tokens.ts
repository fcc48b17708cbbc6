import type { Token } from "@heliograph/api";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { localTime, relativeTime } from "../time-words.ts";

const DAY_MS = 86_400_000;

export const tokensList = command({
  name: "tokens list",
  section: "Access",
  summary: "List tokens, also those revoked or expired",
  arguments: [],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "tokens list", shows: "who may call the API" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).tokens.list();
    if (given.isOn("json")) showJson(terminal, items);
    else {
      const rows = items.map((token) => rowOf(token, terminal.now()));
      showTable(terminal, { head: ["id", "name", "role", "made", ""], rows });
    }
    return exitCodes.done;
  },
});

export const tokensCreate = command({
  name: "tokens create",
  section: "Access",
  summary: "Make a token; it is told only once",
  arguments: [{ name: "name", help: "who holds it; stands in the audit log" }],
  flags: [
    {
      name: "role",
      value: "role",
      help: "what it gives: admin, operator, support, viewer, or one made by `roles set`; else admin",
    },
    { name: "days", value: "days", help: "how long it is good for; else until it is revoked" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "tokens create 'support desk'", shows: "a token without an end" },
    { line: "tokens create migration --role operator --days 7", shows: "a token for a week" },
  ],
  async run(given, terminal) {
    const name = given.one("name");
    const role = given.text("role");
    const days = given.number("days");
    if (days === 0) throw new UsageError("--days must be more than 0");
    const expires = days === undefined ? undefined : new Date(terminal.now() + days * DAY_MS).toISOString();
    const made = await connect(given, terminal).tokens.create({
      name,
      ...(role === undefined ? {} : { role }),
      ...(expires === undefined ? {} : { expires }),
    });
    if (given.isOn("json")) showJson(terminal, made);
    else {
      terminal.out(made.token);
      terminal.err(
        `this is the token of ${name}, told only now; heliograph tokens revoke ${made.id} ends it`,
      );
    }
    return exitCodes.done;
  },
});

export const tokensRevoke = command({
  name: "tokens revoke",
  section: "Access",
  summary: "Revoke a token",
  arguments: [{ name: "id", help: "its id, as `heliograph tokens list` shows it" }],
  flags: connectionFlags,
  examples: [{ line: "tokens revoke 0f1e2d3c4b5a6978", shows: "it is good for nothing from now on" }],
  async run(given, terminal) {
    const id = given.one("id");
    await connect(given, terminal).tokens.revoke(id);
    terminal.out(`token ${id} is revoked`);
    return exitCodes.done;
  },
});

function rowOf({ id, name, role, created, expires, revoked }: Token, now: number): readonly Cell[] {
  return [id, name, role, localTime(created), statusOf({ expires, revoked }, now)];
}

function statusOf(
  { expires, revoked }: { readonly expires: string | undefined; readonly revoked: string | undefined },
  now: number,
): Cell {
  if (revoked !== undefined) return { text: `revoked ${relativeTime(revoked, now)}`, tone: "bad" };
  if (expires === undefined) return { text: "good", tone: "good" };
  const isOver = Date.parse(expires) <= now;
  return isOver
    ? { text: `expired ${relativeTime(expires, now)}`, tone: "bad" }
    : { text: `good; expires ${relativeTime(expires, now)}`, tone: "good" };
}

import type { DeviceEvent, Group } from "@heliograph/api";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import { groupReason, groupStanding } from "../group-words.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { collect } from "../pages.ts";
import type { Terminal } from "../terminal.ts";
import { relativeTime } from "../time-words.ts";

const nameArgument = { name: "group", help: "its name" } as const;
const limitFlag = { name: "limit", value: "count", help: "at most so many; else all of them" } as const;
const expressionArgument = {
  name: "expression",
  help: "who belongs to it, as docs/expressions.md describes",
} as const;

export const groupsList = command({
  name: "groups",
  section: "Devices",
  summary: "List groups of devices",
  about: [
    "A group is an expression with a name; its members are the devices of which the expression is true. They follow as " +
      "devices change. `heliograph groups add` makes one.",
  ],
  arguments: [],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "groups", shows: "all of them" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).groups.list();
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("no groups");
    else showTable(terminal, { head: ["group", "members", "expression", ""], rows: items.map(groupRow) });
    return exitCodes.done;
  },
});

export const groupsAdd = command({
  name: "groups add",
  section: "Devices",
  summary: "Make a group, or change what it is",
  arguments: [nameArgument, expressionArgument],
  flags: [
    { name: "description", value: "words", help: "what it is for" },
    {
      name: "trusted-facts-only",
      help: "refuse what devices say of themselves: only tags, approval, credentials, how and when they came in",
    },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: `groups add gold 'tag = "gold"'`, shows: "those that somebody gave the tag" },
    { line: "groups add silent 'lastInform < 3d ago'", shows: "those that did not come for three days" },
  ],
  async run(given, terminal) {
    const description = given.text("description");
    const group = await connect(given, terminal).groups.set(given.one("group"), {
      expression: given.one("expression"),
      ...(description === undefined ? {} : { description }),
      ...(given.isOn("trusted-facts-only") ? { trustedFactsOnly: true } : {}),
    });
    showOne(terminal, group, given.isOn("json"));
    return exitCodes.done;
  },
});

export const groupsPreview = command({
  name: "groups preview",
  section: "Devices",
  summary: "Show who would belong to a group",
  arguments: [expressionArgument],
  flags: [{ ...limitFlag, help: "name at most so many", default: "20" }, jsonFlag, ...connectionFlags],
  examples: [
    {
      line: "groups preview 'softwareVersion < 2.1'",
      shows: "how many devices that is, and the first of them",
    },
  ],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const where = given.one("expression");
    const { items } = await collect(Number.POSITIVE_INFINITY, (page) =>
      client.devices.list({ where, ...page }),
    );
    const named = items.slice(0, given.number("limit")).map(({ key }) => key);
    if (given.isOn("json")) showJson(terminal, { devices: items.length, named });
    else {
      terminal.out(items.length === 1 ? "1 device" : `${items.length} devices`);
      for (const key of named) terminal.out(`  ${key}`);
      if (items.length > named.length) terminal.err(`${items.length - named.length} more: --limit`);
    }
    return exitCodes.done;
  },
});

export const groupsShow = command({
  name: "groups show",
  section: "Devices",
  summary: "Show a group",
  arguments: [nameArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "groups show gold", shows: "what it is, and how many belong to it" }],
  async run(given, terminal) {
    const group = await connect(given, terminal).groups.get(given.one("group"));
    showOne(terminal, group, given.isOn("json"));
    return exitCodes.done;
  },
});

export const groupsMembers = command({
  name: "groups members",
  section: "Devices",
  summary: "List the members of a group",
  arguments: [nameArgument],
  flags: [limitFlag, jsonFlag, ...connectionFlags],
  examples: [{ line: "groups members gold", shows: "their keys, and since when they belong" }],
  async run(given, terminal) {
    const { groups } = connect(given, terminal);
    const limit = given.number("limit") ?? Number.POSITIVE_INFINITY;
    const { items, isAll } = await collect(limit, (page) => groups.members(given.one("group"), page));
    if (given.isOn("json")) showJson(terminal, items);
    else {
      const rows = items.map(({ device, since }) => [device, relativeTime(since, terminal.now())]);
      if (rows.length === 0) terminal.err("no members");
      else showTable(terminal, { head: ["key", "since"], rows });
    }
    if (!isAll) terminal.err("there are more: --limit");
    return exitCodes.done;
  },
});

export const groupsChanges = command({
  name: "groups changes",
  section: "Devices",
  summary: "List who joined and left a group, and why",
  arguments: [nameArgument],
  flags: [
    { ...limitFlag, help: "at most so many, the newest", default: "100" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: "groups changes gold --limit 10", shows: "the last ten" }],
  async run(given, terminal) {
    const { groups } = connect(given, terminal);
    const { items } = await collect(given.number("limit") ?? 0, (page) =>
      groups.changes(given.one("group"), page),
    );
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("nobody came or went");
    else showTable(terminal, { rows: items.map((event) => changeRow(event, terminal.now())) });
    return exitCodes.done;
  },
});

export const groupsRemove = command({
  name: "groups remove",
  section: "Devices",
  summary: "Remove a group; its devices stay as they are",
  arguments: [nameArgument],
  flags: [...connectionFlags],
  examples: [{ line: "groups remove gold", shows: "there is no such group any more" }],
  async run(given, terminal) {
    const name = given.one("group");
    await connect(given, terminal).groups.remove(name);
    terminal.out(`${name} is removed`);
    return exitCodes.done;
  },
});

function showOne(terminal: Terminal, group: Group, asJson: boolean): void {
  if (asJson) {
    showJson(terminal, group);
    return;
  }
  const { name, expression, description, trustedFactsOnly } = group;
  const rows: readonly (readonly Cell[])[] = [
    [quiet("group"), { text: name, tone: "strong" }],
    ...(description === "" ? [] : [[quiet("description"), description]]),
    [quiet("expression"), expression],
    [quiet("goes by"), trustedFactsOnly ? "trusted facts only" : "any facts"],
    [quiet("members"), [String(group.members), ...groupStanding(group)].join(", ")],
  ];
  showTable(terminal, { rows });
}

function groupRow(group: Group): readonly Cell[] {
  return [group.name, String(group.members), group.expression, quiet(groupStanding(group).join(""))];
}

function changeRow(event: DeviceEvent, now: number): readonly Cell[] {
  const joined = event.name === "group-joined";
  const what: Cell = joined ? { text: "joined", tone: "good" } : { text: "left", tone: "unsure" };
  return [relativeTime(event.at, now), event.device, what, groupReason(event)];
}

function quiet(text: string): Cell {
  return { text, tone: "quiet" };
}

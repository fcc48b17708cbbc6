import type { Rights, User, UserChange } from "@heliograph/api";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes, type ExitCode } from "../exit-code.ts";
import type { Given } from "../given.ts";
import { isJsonObject, parseJson } from "../json-object.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { localTime } from "../time-words.ts";

const userArgument = { name: "name", help: "who, as `heliograph users list` shows it" } as const;
const roleArgument = {
  name: "role",
  help: "admin, operator, support, viewer, or one made by `roles set`",
} as const;

export const usersList = command({
  name: "users list",
  section: "Access",
  summary: "List users with their roles",
  arguments: [],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "users list", shows: "who may sign in" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).users.list();
    if (given.isOn("json")) showJson(terminal, items);
    else showTable(terminal, { head: ["name", "role", "added", ""], rows: items.map(rowOf) });
    return exitCodes.done;
  },
});

export const usersAdd = command({
  name: "users add",
  section: "Access",
  summary: "Add a user, whose password is asked for",
  arguments: [{ name: "name", help: "stands in the audit log" }, roleArgument],
  flags: connectionFlags,
  examples: [
    { line: "users add jo.miller support", shows: "asks for a password of at least ten characters" },
  ],
  async run(given, terminal) {
    const [name, role] = [given.one("name"), given.one("role")];
    const password = (await terminal.askSecret(`password for ${name}: `)).trim();
    await connect(given, terminal).users.add({ name, role, password });
    terminal.out(`${name} may sign in: heliograph login <url> --user ${name}`);
    return exitCodes.done;
  },
});

export const usersRole = command({
  name: "users role",
  section: "Access",
  summary: "Give a user another role",
  arguments: [userArgument, roleArgument],
  flags: connectionFlags,
  examples: [{ line: "users role jo.miller operator", shows: "it holds at once" }],
  run: (given, terminal) => change(given, terminal, { role: given.one("role") }),
});

export const usersPassword = command({
  name: "users password",
  section: "Access",
  summary: "Set a user's password, and end their sessions",
  arguments: [userArgument],
  flags: connectionFlags,
  examples: [{ line: "users password jo.miller", shows: "asks for it" }],
  async run(given, terminal) {
    const password = (await terminal.askSecret(`new password for ${given.one("name")}: `)).trim();
    return change(given, terminal, { password });
  },
});

export const usersDisable = command({
  name: "users disable",
  section: "Access",
  summary: "Let a user in no more, and end their sessions",
  arguments: [userArgument],
  flags: connectionFlags,
  examples: [{ line: "users disable jo.miller", shows: "until `users enable`" }],
  run: (given, terminal) => change(given, terminal, { disabled: true }),
});

export const usersEnable = command({
  name: "users enable",
  section: "Access",
  summary: "Let a user in again",
  arguments: [userArgument],
  flags: connectionFlags,
  examples: [{ line: "users enable jo.miller", shows: "with the password they had" }],
  run: (given, terminal) => change(given, terminal, { disabled: false }),
});

export const usersRemove = command({
  name: "users remove",
  section: "Access",
  summary: "Remove a user, and end their sessions",
  arguments: [userArgument],
  flags: connectionFlags,
  examples: [{ line: "users remove jo.miller", shows: "the audit log keeps what they did" }],
  async run(given, terminal) {
    const name = given.one("name");
    await connect(given, terminal).users.remove(name);
    terminal.out(`${name} is removed`);
    return exitCodes.done;
  },
});

export const rolesList = command({
  name: "roles list",
  section: "Access",
  summary: "List roles with what they give",
  arguments: [],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "roles list --json", shows: "all of it, as `roles set` takes it" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).roles.list();
    if (given.isOn("json")) showJson(terminal, items);
    else {
      const rows = items.map(({ name, rights: { methods, read, write, acts } }): readonly Cell[] => [
        name,
        methods === "every" ? "every method" : `${methods.length} methods`,
        read.includes("") ? "reads everything" : `reads ${read.join(" ") || "nothing"}`,
        write.includes("")
          ? "writes everything"
          : `writes ${write.length === 0 ? "nothing" : `${write.length} paths`}`,
        { text: acts.join(" "), tone: "quiet" },
      ]);
      showTable(terminal, { head: ["role", "", "", "", "besides"], rows });
    }
    return exitCodes.done;
  },
});

export const rolesSet = command({
  name: "roles set",
  section: "Access",
  summary: "Make or change a role, read as JSON",
  arguments: [{ name: "name", help: "lower case, such as wifi-desk" }],
  flags: connectionFlags,
  examples: [
    { line: "roles set wifi-desk < wifi-desk.json", shows: "`roles list --json` shows what may stand there" },
  ],
  async run(given, terminal) {
    const name = given.one("name");
    const rights = parseJson(await terminal.readInput());
    if (!isJsonObject(rights) || !isRights(rights)) {
      throw new UsageError("rights have devices, methods, read, write, channels, acts and secrets");
    }
    await connect(given, terminal).roles.set(name, rights);
    terminal.out(`the role ${name} is set`);
    return exitCodes.done;
  },
});

export const rolesRemove = command({
  name: "roles remove",
  section: "Access",
  summary: "Remove a role",
  arguments: [{ name: "name", help: "as `heliograph roles list` shows it" }],
  flags: connectionFlags,
  examples: [{ line: "roles remove wifi-desk", shows: "whoever has it may do nothing any more" }],
  async run(given, terminal) {
    const name = given.one("name");
    await connect(given, terminal).roles.remove(name);
    terminal.out(`the role ${name} is removed`);
    return exitCodes.done;
  },
});

async function change(
  given: Given<"name" | (typeof connectionFlags)[number]["name"]>,
  terminal: Terminal,
  changes: UserChange,
): Promise<ExitCode> {
  const { name, role, disabled } = await connect(given, terminal).users.change(given.one("name"), changes);
  terminal.out(`${name}: ${role}${disabled ? ", disabled" : ""}`);
  return exitCodes.done;
}

/** The ACS says what is wrong in it. */
function isRights(value: object): value is Rights {
  return ["devices", "methods", "read", "write", "channels", "acts", "secrets"].every((name) =>
    Object.hasOwn(value, name),
  );
}

function rowOf({ name, role, created, disabled }: User): readonly Cell[] {
  return [name, role, localTime(created), disabled ? { text: "disabled", tone: "bad" } : ""];
}

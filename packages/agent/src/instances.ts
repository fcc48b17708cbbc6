import { findNode, plantRow } from "./object-tree.ts";
import type { Node, ObjectNode, ParameterNode, Table } from "./object-tree.ts";
import type { ParameterDeclaration } from "./parameter.ts";

/** How an instance may be named besides by its number. */
export interface Naming {
  /** By its alias in square brackets [CWMP 1.4 3.6.1]. */
  readonly aliases: boolean;
  /** All instances of a table at once, by `*`. */
  readonly wildcards: boolean;
}

/** A row that was made for a path, until what came with it went well. */
export interface GrownRow {
  readonly table: ObjectNode;
  readonly instance: number;
  /** Takes it away again: its number is as good as never given. */
  readonly undo: () => void;
}

const ALIAS_CHARS = 64;

/** The alias of a row, by which it can be addressed; until the ACS sets another, the device's own. */
export function aliasOfInstance(instance: number): ParameterDeclaration {
  return { type: "string", value: `cpe-${instance}`, writable: true, check: noAlias };
}

/** Whether a path is more than names and numbers. */
export function isWayward(path: string): boolean {
  return path.includes("[") || path.includes("*");
}

/** What a path stands for; nothing where it has a wildcard and no row; undefined where it is no path of this tree. */
export function findNodes(root: ObjectNode, path: string, naming: Naming): readonly Node[] | undefined {
  const names = namesOf(path);
  if (names === undefined) return undefined;
  let found: readonly Node[] = [root];
  for (const name of names) {
    const steps = found.map((node) => step(node, name, naming)).filter((nodes) => nodes !== undefined);
    if (found.length > 0 && steps.length === 0) return undefined;
    found = steps.flat();
  }
  const kind = path.endsWith(".") ? "object" : "parameter";
  const fitting = found.filter((node) => node.kind === kind);
  return found.length > 0 && fitting.length === 0 ? undefined : fitting;
}

/** The path of a node with the aliases of the rows that have one in place of their numbers. */
export function aliasedPath(root: ObjectNode, path: string): string {
  const names: string[] = [];
  let node: Node | undefined = root;
  for (const name of path.split(".")) {
    const table: Node | undefined = node;
    node = node?.kind === "object" ? node.children.get(name) : undefined;
    const alias = table?.kind === "object" && table.table && node ? aliasOf(node) : undefined;
    names.push(alias === undefined ? name : `[${alias}]`);
  }
  return names.join(".");
}

/** Makes the rows that a path names by an alias which none has yet, as far as their tables take rows of the ACS. */
export function growRows(root: ObjectNode, path: string): readonly GrownRow[] {
  const grown: GrownRow[] = [];
  let node: Node | undefined = root;
  for (const name of namesOf(path) ?? []) {
    if (node?.kind !== "object") break;
    const alias = aliasIn(name);
    const row = alias !== undefined && node.table ? growRow(node, node.table, alias) : undefined;
    if (row !== undefined) grown.push(row);
    [node] = step(node, name, { aliases: true, wildcards: false }) ?? [];
  }
  return grown;
}

/** Whether the value is the alias of another row than the one whose alias it is to become. */
export function isTakenAlias(root: ObjectNode, { path }: ParameterNode, value: unknown): boolean {
  const [, table = "", instance] = /^(.+\.)(\d+)\.Alias$/.exec(path) ?? [];
  const node = findNode(root, table);
  if (node?.kind !== "object" || node.table === undefined) return false;
  return [...node.children].some(([name, row]) => name !== instance && aliasOf(row) === value);
}

/** The table and the alias of a path such as `Device.NAT.PortMapping.[web].`. */
export function aliasedRow(path: string): { readonly table: string; readonly alias: string } | undefined {
  const [, table, alias] = /^(.+\.)\[([^\]]+)\]\.$/.exec(path) ?? [];
  return table === undefined || alias === undefined ? undefined : { table, alias };
}

/** Makes a row of that alias; undefined where there is one, or where the table takes none. */
export function growRow(node: ObjectNode, table: Table, alias: string): GrownRow | undefined {
  const { lastInstance, declaration } = table;
  const isFull = node.children.size >= (declaration.maxRows ?? Infinity);
  if (!node.writable || isFull || rowOf(node, alias) !== undefined) return undefined;
  const instance = lastInstance + 1;
  plantRow(node, table, instance);
  const undo = (): void => {
    node.children.delete(String(instance));
    table.lastInstance = lastInstance;
  };
  const own = aliasParameter(node.children.get(String(instance)));
  if (own === undefined || own.parameter.refusal(alias) !== undefined) {
    undo();
    return undefined;
  }
  own.parameter.keep(alias);
  return { table: node, instance, undo };
}

function step(node: Node, name: string, { aliases, wildcards }: Naming): readonly Node[] | undefined {
  if (node.kind === "parameter") return undefined;
  if (name === "*") return wildcards && node.table ? [...node.children.values()] : undefined;
  const alias = aliasIn(name);
  const child =
    alias === undefined ? node.children.get(name) : aliases && node.table ? rowOf(node, alias) : undefined;
  return child && [child];
}

function rowOf(table: ObjectNode, alias: string): Node | undefined {
  return [...table.children.values()].find((row) => aliasOf(row) === alias);
}

function aliasOf(row: Node | undefined): string | undefined {
  const alias = aliasParameter(row)?.parameter.read();
  return alias === undefined || alias === "" ? undefined : String(alias);
}

function aliasParameter(row: Node | undefined): ParameterNode | undefined {
  const own = row?.kind === "object" ? row.children.get("Alias") : undefined;
  return own?.kind === "parameter" ? own : undefined;
}

function aliasIn(name: string): string | undefined {
  return name.startsWith("[") ? name.slice(1, -1) : undefined;
}

/** The names between the dots, an alias in brackets being one whatever it holds; undefined where a dot is amiss. */
function namesOf(path: string): readonly string[] | undefined {
  const names = path.match(/\[[^\]]+\]|[^.[\]]+/g) ?? [];
  const written = names.join(".");
  return path === written || path === `${written}.` || path === "" ? names : undefined;
}

function noAlias(value: string): string | undefined {
  if (value.length > ALIAS_CHARS) return `longer than ${ALIAS_CHARS} characters`;
  return /^[A-Za-z][^[\]]*$/.test(value) ? undefined : "must begin with a letter and have no brackets";
}

import type { CompactValue } from "@heliograph/protocol";
import { declaredBy, parameter } from "./parameter.ts";
import type { Parameter, ParameterDeclaration } from "./parameter.ts";

/**
 * A data model by its paths: `Device.DeviceInfo.UpTime` declares a parameter, `Device.NAT.PortMapping.` a table.
 * Objects in between need no declaration.
 */
export type Declarations = Readonly<Record<string, CompactValue | ParameterDeclaration | TableDeclaration>>;

/**
 * An object with instances. Its `…NumberOfEntries` beside it comes by itself, unless it is declared.
 */
export interface TableDeclaration {
  /** What a row holds, by paths within it: `Enable`, `Stats.BytesSent`, a table `Host.`. */
  readonly row: (instance: number) => Declarations;
  /** The rows at first and after a factory reset. */
  readonly instances?: readonly number[];
  /** Whether the ACS may add and delete rows. */
  readonly writable?: boolean;
  /** More are refused with fault 9004. */
  readonly maxRows?: number;
  readonly onAdd?: (instance: number) => void;
  readonly onDelete?: (instance: number) => void;
}

export interface ParameterNode {
  readonly kind: "parameter";
  readonly path: string;
  readonly parameter: Parameter;
}

export interface ObjectNode {
  readonly kind: "object";
  /** Ends with a dot. */
  readonly path: string;
  readonly children: Map<string, Node>;
  /** Where it is a table. */
  readonly table: Table | undefined;
  /** Whether the ACS may add rows to it (a table) or delete it (a row). */
  readonly writable: boolean;
}

export interface Table {
  readonly declaration: TableDeclaration;
  /** The highest instance number ever given: numbers are not used again [TR-106 3.2.1]. */
  lastInstance: number;
}

export type Node = ParameterNode | ObjectNode;

/** Makes the objects, parameters and rows that the declarations name, below an object without name and path. */
export function plantTree(declarations: Declarations): ObjectNode {
  const root = objectNode("", false);
  plant(root, declarations);
  return root;
}

/** The node at a path: a full path gives a parameter, a partial path an object. */
export function findNode(root: ObjectNode, path: string): Node | undefined {
  let node: Node | undefined = root;
  for (const segment of path.split(".")) {
    if (segment === "") continue;
    if (node?.kind !== "object") return undefined;
    node = node.children.get(segment);
  }
  return node?.path === path ? node : undefined;
}

/** The node itself and everything below it, each before what lies in it. */
export function* descend(node: Node): Generator<Node> {
  yield node;
  if (node.kind === "parameter") return;
  for (const child of node.children.values()) yield* descend(child);
}

export function* parametersIn(node: Node): Generator<ParameterNode> {
  for (const each of descend(node)) if (each.kind === "parameter") yield each;
}

/** The instance numbers of a table's rows. */
export function rowsOf(table: ObjectNode): readonly number[] {
  return [...table.children.keys()].map(Number);
}

/** Makes a row; its number must be free. */
export function plantRow(node: ObjectNode, table: Table, instance: number): void {
  const row = objectNode(`${node.path}${instance}.`, table.declaration.writable === true);
  node.children.set(String(instance), row);
  table.lastInstance = Math.max(table.lastInstance, instance);
  plant(row, table.declaration.row(instance));
}

function plant(parent: ObjectNode, declarations: Declarations): void {
  for (const [path, declaration] of Object.entries(declarations)) {
    if (isTable(declaration)) plantTable(parent, path, declaration);
    else plantParameter(parent, path, declaration);
  }
}

function plantParameter(
  parent: ObjectNode,
  path: string,
  declaration: CompactValue | ParameterDeclaration,
): void {
  const names = path.split(".");
  const name = names.pop() ?? "";
  if (name === "") throw new Error(`${parent.path}${path} ends with a dot but declares no table`);
  const owner = openObject(parent, names);
  const full = isBare(declaration) ? declaredBy(declaration) : declaration;
  owner.children.set(name, { kind: "parameter", path: owner.path + name, parameter: parameter(full) });
}

function plantTable(parent: ObjectNode, path: string, declaration: TableDeclaration): void {
  const names = path.split(".");
  if (names.pop() !== "")
    throw new Error(`${parent.path}${path} declares a table but does not end with a dot`);
  const name = names.pop() ?? "";
  const owner = openObject(parent, names);
  const table = { declaration, lastInstance: 0 };
  const node = objectNode(`${owner.path}${name}.`, declaration.writable === true, table);
  owner.children.set(name, node);
  for (const instance of declaration.instances ?? []) plantRow(node, table, instance);
  const entries = `${name}NumberOfEntries`;
  if (!owner.children.has(entries)) {
    plantParameter(owner, entries, { type: "unsignedInt", get: () => node.children.size });
  }
}

function openObject(parent: ObjectNode, names: readonly string[]): ObjectNode {
  let object = parent;
  for (const name of names) {
    const child = object.children.get(name) ?? objectNode(`${object.path}${name}.`, false);
    if (child.kind === "parameter")
      throw new Error(`${child.path} is declared as a parameter and as an object`);
    object.children.set(name, child);
    object = child;
  }
  return object;
}

function objectNode(path: string, writable: boolean, table?: Table): ObjectNode {
  return { kind: "object", path, children: new Map(), table, writable };
}

function isTable(
  declaration: CompactValue | ParameterDeclaration | TableDeclaration,
): declaration is TableDeclaration {
  return typeof declaration === "object" && declaration !== null && "row" in declaration;
}

function isBare(declaration: CompactValue | ParameterDeclaration): declaration is CompactValue {
  return typeof declaration !== "object" || declaration === null || Array.isArray(declaration);
}

import { compactValue, grouped, groupedEntries, isPartialPath, rootObject } from "@heliograph/protocol";
import type {
  Attributes,
  CompactValue,
  Grouped,
  ParameterAttributes,
  ParameterFault,
  ParameterNames,
  ParameterValues,
} from "@heliograph/protocol";
import {
  aliasedPath,
  aliasedRow,
  findNodes,
  growRow,
  growRows,
  isTakenAlias,
  isWayward,
} from "./instances.ts";
import type { GrownRow } from "./instances.ts";
import { answered, faulted, parameterFault, parametersFaulted } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { descend, findNode, parametersIn, plantRow, plantTree, rowsOf } from "./object-tree.ts";
import type { Declarations, Node, ObjectNode, ParameterNode, Table } from "./object-tree.ts";
import { readValue } from "./plain-value.ts";
import type { PlainValue } from "./plain-value.ts";

/** A value, an attribute or an instance that is not what it was. */
export interface Change {
  /** A parameter's path, or the table's whose rows changed. */
  readonly path: string;
  /** The ACS by an RPC, or the device's own program. */
  readonly by: "acs" | "device";
  /** The parameter's Notification attribute; 0 for a table. */
  readonly notification: number;
}

/** What differs from the declarations, as plain JSON: enough to make an equal model after a restart. */
export interface Snapshot {
  readonly rows: Readonly<Record<string, RowsSnapshot>>;
  readonly values: Readonly<Record<string, PlainValue>>;
  readonly attributes: Readonly<Record<string, Attributes>>;
}

interface RowsSnapshot {
  readonly instances: readonly number[];
  readonly lastInstance: number;
}

interface Write {
  readonly node: ParameterNode;
  readonly value: PlainValue;
}

/** Off, passive and active are granted by all; the rest where lightweight notifications are sent [CWMP 1.4 A.3.2.4]. */
const ACTIVE = 2;
const LAST_NOTIFICATION = 6;

/** `Device.DeviceInfo.` and so on: the parameters of a device, as its program and its ACS see them. */
export function dataModel(declarations: Declarations): DataModel {
  return new DataModel(declarations);
}

export class DataModel {
  /** `Device.` or `InternetGatewayDevice.`. */
  readonly root: string;
  #declarations: Declarations;
  readonly #listeners = new Set<(change: Change) => void>();
  #tree: ObjectNode;

  constructor(declarations: Declarations) {
    this.root = rootObject(Object.keys(declarations)[0] ?? "Device.");
    this.#declarations = declarations;
    this.#tree = plantTree(declarations);
  }

  /** Declares what is not declared yet; everything is as declared afterwards. */
  supplement(declarations: Declarations): void {
    this.#declarations = { ...declarations, ...this.#declarations };
    this.reset();
  }

  /** Calls `listener` after each change; the answer ends that. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** For the device's own program: the value as it is; undefined where there is no such parameter. */
  get(path: string): PlainValue | undefined {
    return this.#parameter(path)?.parameter.read();
  }

  /** Whether there is a parameter of that path, and holds what the ACS would set it to by that. */
  holds(path: string, given: CompactValue): boolean {
    const parameter = this.#parameter(path)?.parameter;
    if (parameter === undefined) return false;
    const read = readValue(parameter.type, given);
    return read.ok && read.value === parameter.read();
  }

  /** The value as the ACS reads it; undefined where there is no such parameter. */
  show(path: string): string | undefined {
    const shown = this.#parameter(path)?.parameter.show();
    return shown === undefined ? undefined : String(shown);
  }

  /** For the device's own program: sets any parameter, writable or not, without its `onSet`. Throws where it cannot. */
  set(path: string, value: PlainValue): void {
    const node = this.#parameter(path);
    if (node === undefined) throw new Error(`there is no parameter ${path}`);
    if (node.parameter.read() === value) return;
    node.parameter.keep(value);
    this.#changed(node, "device");
  }

  /** The instance numbers of a table's rows; none where there is no such table. */
  instances(path: string): readonly number[] {
    const node = this.#at(path);
    return node?.kind === "object" && node.table !== undefined ? rowsOf(node) : [];
  }

  /** The paths of the parameters that there are for a path, full or partial, in which `*` stands for any instance. */
  matching(pattern: string): readonly string[] {
    const nodes = findNodes(this.#tree, pattern, { aliases: true, wildcards: true }) ?? [];
    return nodes.flatMap((node) => [...parametersIn(node)]).map(({ path }) => path);
  }

  /** The Notification attribute of a parameter; 0 where there is none. */
  notification(path: string): number {
    return this.#parameter(path)?.parameter.notification ?? 0;
  }

  /** Values of full and partial paths; "" is everything [CWMP 1.4 A.3.2.2]. Fault 9005 for a path that is not there. */
  values(paths: readonly string[]): Outcome<ParameterValues> {
    return this.#collect(paths, ({ parameter }) => compactValue(String(parameter.show()), parameter.type));
  }

  /** [CWMP 1.4 A.3.2.5] */
  attributes(paths: readonly string[]): Outcome<ParameterAttributes> {
    return this.#collect(paths, ({ parameter }) => {
      return { Notification: parameter.notification, AccessList: parameter.accessList };
    });
  }

  /**
   * What lies at a path and whether the ACS may write it [CWMP 1.4 A.3.2.3]. With `nextLevel` only the children of a
   * partial path, without it the object itself and everything below.
   */
  names(path: string, nextLevel: boolean): Outcome<ParameterNames> {
    const found = this.#all(path);
    if (found === undefined) return faulted(9005, path);
    if (nextLevel && found.some(({ kind }) => kind === "parameter"))
      return faulted(9003, "NextLevel needs a partial path");
    const nodes = found.flatMap((node) =>
      nextLevel && node.kind === "object" ? [...node.children.values()] : [...descend(node)],
    );
    const shown = this.#shown();
    const listed = nodes.filter((each) => each.path !== "");
    return answered(grouped(listed.map((each) => [shown(each), isWritable(each)] as const)));
  }

  /** Sets all or nothing; each refused parameter is named with its own fault [CWMP 1.4 A.3.2.1]. */
  setValues(values: ParameterValues): Outcome<undefined> {
    const grown = this.#grow(values);
    const outcome = this.#setAll(values);
    if (outcome.fault !== undefined) for (const { undo } of grown.toReversed()) undo();
    else for (const { table, instance } of grown) this.#added(table, instance);
    return outcome;
  }

  #setAll(values: ParameterValues): Outcome<undefined> {
    const writes: Write[] = [];
    const faults: ParameterFault[] = [];
    for (const [path, value] of groupedEntries(values)) {
      const checked = this.#check(path, value);
      if ("node" in checked) writes.push(checked);
      else faults.push(checked);
    }
    if (faults.length > 0) return parametersFaulted(faults);
    const fault = apply(writes);
    if (fault !== undefined) return parametersFaulted([fault]);
    for (const { node } of writes) this.#changed(node, "acs");
    return answered(undefined);
  }

  /** A partial path stands for all parameters below it; all or nothing [CWMP 1.4 A.3.2.4]. */
  setAttributes(attributes: ParameterAttributes): Outcome<undefined> {
    const settings: { readonly node: ParameterNode; readonly attributes: Attributes }[] = [];
    for (const [path, given] of groupedEntries(attributes)) {
      const { Notification = 0 } = given;
      const node = this.#at(path);
      if (node === undefined) return faulted(9005, path);
      if (!(Number.isInteger(Notification) && Notification >= 0 && Notification <= LAST_NOTIFICATION))
        return faulted(9003, path);
      if (Notification > ACTIVE && !this.#sendsLightweight) return faulted(9009, path);
      for (const each of parametersIn(node)) settings.push({ node: each, attributes: given });
    }
    for (const { node, attributes } of settings) {
      node.parameter.notification = attributes.Notification ?? node.parameter.notification;
      node.parameter.accessList = attributes.AccessList ?? node.parameter.accessList;
      this.#changed(node, "acs");
    }
    return answered(undefined);
  }

  /** Adds a row with its declared values and gives its instance number [CWMP 1.4 A.3.2.6]. */
  addObject(path: string): Outcome<number> {
    const named = this.#server("AliasBasedAddressing") === true ? aliasedRow(path) : undefined;
    const node = isPartialPath(path) ? this.#at(named?.table ?? path) : undefined;
    if (node?.kind !== "object" || node.table === undefined || !node.writable) return faulted(9005, path);
    const { table } = node;
    if (node.children.size >= (table.declaration.maxRows ?? Infinity)) return faulted(9004, path);
    const instance = table.lastInstance + 1;
    if (named === undefined) plantRow(node, table, instance);
    else if (growRow(node, table, named.alias) === undefined) return faulted(9005, path);
    this.#added(node, instance);
    return answered(instance);
  }

  /** Deletes one row and what lies in it [CWMP 1.4 A.3.2.7]. */
  deleteObject(path: string): Outcome<undefined> {
    const [, parentPath = "", instance = ""] = /^(.*\.)(\d+)\.$/.exec(this.#at(path)?.path ?? "") ?? [];
    const table = this.#at(parentPath);
    if (table?.kind !== "object" || table.table === undefined || !table.writable) return faulted(9005, path);
    if (!table.children.delete(instance)) return faulted(9005, path);
    table.table.declaration.onDelete?.(Number(instance));
    this.#tell({ path: table.path, by: "acs", notification: 0 });
    return answered(undefined);
  }

  /** Everything as declared, as a factory reset leaves it. Nobody is told. */
  reset(): void {
    this.#tree = plantTree(this.#declarations);
  }

  snapshot(): Snapshot {
    const rows: Record<string, RowsSnapshot> = {};
    const values: Record<string, PlainValue> = {};
    const attributes: Record<string, Attributes> = {};
    for (const node of descend(this.#tree)) {
      if (node.kind === "object") {
        const { table } = node;
        if (table !== undefined)
          rows[node.path] = { instances: rowsOf(node), lastInstance: table.lastInstance };
        continue;
      }
      const { parameter, path } = node;
      if (parameter.isChanged) values[path] = parameter.read();
      attributes[path] = { Notification: parameter.notification, AccessList: parameter.accessList };
    }
    return { rows, values, attributes };
  }

  /** Takes a snapshot in, without `onSet`; what the declarations no longer name is left out. */
  restore(snapshot: Snapshot): void {
    this.reset();
    for (const [path, rows] of Object.entries(snapshot.rows)) {
      const node = this.#at(path);
      if (node?.kind === "object" && node.table !== undefined) restoreRows(node, node.table, rows);
    }
    for (const [path, value] of Object.entries(snapshot.values)) this.#parameter(path)?.parameter.keep(value);
    for (const [path, { Notification, AccessList }] of Object.entries(snapshot.attributes)) {
      const parameter = this.#parameter(path)?.parameter;
      if (parameter === undefined) continue;
      parameter.notification = Notification ?? parameter.notification;
      parameter.accessList = AccessList ?? parameter.accessList;
    }
  }

  /** The one node that a path names, by number or by alias; a wildcard names none. */
  #at(path: string): Node | undefined {
    if (!isWayward(path)) return findNode(this.#tree, path);
    const aliases = this.#server("AliasBasedAddressing") === true;
    return findNodes(this.#tree, path, { aliases, wildcards: false })?.[0];
  }

  /** All that a path of a reading RPC stands for; undefined where there is no such path. */
  #all(path: string): readonly Node[] | undefined {
    if (!isWayward(path)) {
      const node = this.#at(path);
      return node && [node];
    }
    return findNodes(this.#tree, path, {
      aliases: this.#server("AliasBasedAddressing") === true,
      wildcards: this.#server("InstanceWildcardsSupported") === true,
    });
  }

  /** What the device says of itself below ManagementServer, which is what it can do. */
  #server(name: string): PlainValue | undefined {
    return this.get(`${this.root}ManagementServer.${name}`);
  }

  get #sendsLightweight(): boolean {
    return (this.#server("LightweightNotificationProtocolsSupported") ?? "") !== "";
  }

  /** How nodes are named to the ACS: by instance numbers, or by aliases where it wants those [TR-181 InstanceMode]. */
  #shown(): (node: Node) => string {
    const byAlias =
      this.#server("AliasBasedAddressing") === true && this.#server("InstanceMode") === "InstanceAlias";
    return byAlias ? ({ path }) => aliasedPath(this.#tree, path) : ({ path }) => path;
  }

  /** The rows that values are to be set in and that are not there yet, where the ACS lets them come by themselves. */
  #grow(values: ParameterValues): readonly GrownRow[] {
    const may = this.#server("AliasBasedAddressing") === true && this.#server("AutoCreateInstances") === true;
    if (!may) return [];
    return Object.keys(values)
      .filter(isWayward)
      .flatMap((path) => growRows(this.#tree, path));
  }

  #added(node: ObjectNode, instance: number): void {
    node.table?.declaration.onAdd?.(instance);
    this.#tell({ path: node.path, by: "acs", notification: 0 });
  }

  #parameter(path: string): ParameterNode | undefined {
    const node = this.#at(path);
    return node?.kind === "parameter" ? node : undefined;
  }

  #collect<T>(paths: readonly string[], read: (node: ParameterNode) => T): Outcome<Grouped<T>> {
    const found: (readonly [path: string, value: T])[] = [];
    const shown = this.#shown();
    for (const path of paths) {
      const nodes = this.#all(path);
      if (nodes === undefined) return faulted(9005, path);
      for (const node of nodes) for (const each of parametersIn(node)) found.push([shown(each), read(each)]);
    }
    return answered(grouped(found));
  }

  #check(path: string, given: CompactValue): Write | ParameterFault {
    const node = this.#parameter(path);
    if (node === undefined) return parameterFault(path, 9005);
    if (!node.parameter.writable) return parameterFault(path, 9008);
    const read = readValue(node.parameter.type, given);
    if (!read.ok) return parameterFault(path, read.refusal.code, read.refusal.reason);
    const isTaken = isTakenAlias(this.#tree, node, read.value);
    const reason = isTaken ? "another instance has it" : node.parameter.refusal(read.value);
    return reason === undefined ? { node, value: read.value } : parameterFault(path, 9007, reason);
  }

  #changed({ path, parameter }: ParameterNode, by: Change["by"]): void {
    this.#tell({ path, by, notification: parameter.notification });
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** Hands out the values in their order; where one fails, undoes those before it and says which. */
function apply(writes: readonly Write[]): ParameterFault | undefined {
  const undo: Write[] = [];
  for (const { node, value } of writes) {
    const before = { node, value: node.parameter.read() };
    try {
      node.parameter.set(value);
    } catch (error) {
      node.parameter.keep(before.value);
      for (const done of undo.reverse()) done.node.parameter.set(done.value);
      return parameterFault(node.path, 9002, error instanceof Error ? error.message : String(error));
    }
    undo.push(before);
  }
  return undefined;
}

function restoreRows(node: ObjectNode, table: Table, { instances, lastInstance }: RowsSnapshot): void {
  for (const instance of rowsOf(node))
    if (!instances.includes(instance)) node.children.delete(String(instance));
  for (const instance of instances) {
    if (!node.children.has(String(instance))) plantRow(node, table, instance);
  }
  table.lastInstance = lastInstance;
}

function isWritable(node: Node): boolean {
  return node.kind === "parameter" ? node.parameter.writable : node.writable;
}

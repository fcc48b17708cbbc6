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

/** Off, passive and active are granted; what asks for lightweight notifications is not, as none are sent. */
const ACTIVE = 2;

/** `Device.DeviceInfo.` and so on: the parameters of a device, as its program and its ACS see them. */
export function dataModel(declarations: Declarations): DataModel {
  return new DataModel(declarations);
}

export class DataModel {
  #declarations: Declarations;
  readonly #listeners = new Set<(change: Change) => void>();
  #tree: ObjectNode;

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
    this.#tree = plantTree(declarations);
  }

  /** `Device.` or `InternetGatewayDevice.`. */
  get root(): string {
    return rootObject(Object.keys(this.#declarations)[0] ?? "Device.");
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

  /** For the device's own program: sets any parameter, writable or not, without its `onSet`. Throws where it cannot. */
  set(path: string, value: PlainValue): void {
    const node = this.#parameter(path);
    if (node === undefined) throw new Error(`there is no parameter ${path}`);
    if (node.parameter.read() === value) return;
    node.parameter.keep(value);
    this.#changed(node, "device");
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
    const node = this.#at(path);
    if (node === undefined) return faulted(9005, path);
    if (node.kind === "parameter") {
      return nextLevel ? faulted(9003, "NextLevel needs a partial path") : answered(grouped([named(node)]));
    }
    const nodes = nextLevel ? node.children.values() : descend(node);
    return answered(grouped([...nodes].filter((each) => each.path !== "").map(named)));
  }

  /** Sets all or nothing; each refused parameter is named with its own fault [CWMP 1.4 A.3.2.1]. */
  setValues(values: ParameterValues): Outcome<undefined> {
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
      if (!(Number.isInteger(Notification) && Notification >= 0 && Notification <= 6))
        return faulted(9003, path);
      if (Notification > ACTIVE) return faulted(9009, path);
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
    const node = isPartialPath(path) ? this.#at(path) : undefined;
    if (node?.kind !== "object" || node.table === undefined || !node.writable) return faulted(9005, path);
    const { table } = node;
    if (node.children.size >= (table.declaration.maxRows ?? Infinity)) return faulted(9004, path);
    const instance = table.lastInstance + 1;
    plantRow(node, table, instance);
    table.declaration.onAdd?.(instance);
    this.#tell({ path: node.path, by: "acs", notification: 0 });
    return answered(instance);
  }

  /** Deletes one row and what lies in it [CWMP 1.4 A.3.2.7]. */
  deleteObject(path: string): Outcome<undefined> {
    const [, parentPath = "", instance = ""] = /^(.*\.)(\d+)\.$/.exec(path) ?? [];
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

  #at(path: string): Node | undefined {
    return findNode(this.#tree, path);
  }

  #parameter(path: string): ParameterNode | undefined {
    const node = this.#at(path);
    return node?.kind === "parameter" ? node : undefined;
  }

  #collect<T>(paths: readonly string[], read: (node: ParameterNode) => T): Outcome<Grouped<T>> {
    const found: (readonly [path: string, value: T])[] = [];
    for (const path of paths) {
      const node = this.#at(path);
      if (node === undefined) return faulted(9005, path);
      for (const each of parametersIn(node)) found.push([each.path, read(each)]);
    }
    return answered(grouped(found));
  }

  #check(path: string, given: CompactValue): Write | ParameterFault {
    const node = this.#parameter(path);
    if (node === undefined) return parameterFault(path, 9005);
    if (!node.parameter.writable) return parameterFault(path, 9008);
    const read = readValue(node.parameter.type, given);
    if (!read.ok) return parameterFault(path, read.refusal.code, read.refusal.reason);
    const reason = node.parameter.refusal(read.value);
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

function named(node: Node): readonly [path: string, writable: boolean] {
  return [node.path, node.kind === "parameter" ? node.parameter.writable : node.writable];
}

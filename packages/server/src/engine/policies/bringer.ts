import type { DeviceKey } from "@heliograph/protocol";
import {
  operationId,
  subjects,
  type Compliance,
  type DeviceRecord,
  type HeldPolicy,
  type OperationId,
  type PolicyVersion,
  type RpcAsk,
} from "../../ports/index.ts";
import { nextTurn } from "./bring-about.ts";
import type { BringingPorts } from "./bringing-ports.ts";
import { placesOf } from "./differences.ts";
import { fileTurn } from "./file-turn.ts";
import { driftedFrom, holding, isDueAgain } from "./holding.ts";

const DAY_MS = 86_400_000;
/** A device that has not come by then is asked anew. */
const EXPIRY_MS = 7 * DAY_MS;
/** For a device that is told by its channel to say what became of it; then it is asked as any other. */
const PATIENCE_MS = 60_000;
/** Until a device that took no operation is asked again. */
const REFUSED_MS = 60_000;
/** For the engine to store what it is asked for. */
const ACCEPT_MS = 30_000;
/** Devices that are begun with in one turn: each of them may have to be woken. */
const MOST_BEGUN = 50;
const MOST_VERSIONS = 1_000;
const ID_CHARS = 32;
const BOUNDS = { rpcs: 200, ms: 600_000, names: 5_000, bytes: 4_194_304 } as const;

/** A row, and what is to be known of it. */
interface Seen {
  readonly row: Compliance;
  readonly device: DeviceRecord;
  readonly version: PolicyVersion;
}

/** Does what is next with one device and one policy. */
export class Bringer {
  readonly #ports: BringingPorts;
  readonly #doubt: (device: DeviceKey) => void;
  readonly #versions = new Map<string, PolicyVersion>();
  /** Operations that have not ended, as far as is known. */
  readonly #open = new Set<OperationId>();
  readonly #notBefore = new Map<DeviceKey, number>();
  /** By a look for objects that may have been added unheard: what was there before. Lost with the process, they are added anew. */
  readonly #before = new Map<OperationId, ReadonlySet<string>>();
  #begun = 0;

  constructor(ports: BringingPorts, doubt: (device: DeviceKey) => void) {
    this.#ports = ports;
    this.#doubt = doubt;
  }

  /** A turn begins. */
  begin(): void {
    this.#begun = 0;
    const now = this.#ports.clock.now();
    for (const [device, at] of this.#notBefore) if (at <= now) this.#notBefore.delete(device);
  }

  /** Whether the operation was one of these. */
  ended(operation: OperationId): boolean {
    return this.#open.delete(operation);
  }

  async see(row: Compliance): Promise<void> {
    const { state, operation, device: key } = row;
    const isOpen = operation !== undefined && this.#open.has(operation);
    const isToDo = state === "pending" || state === "drifted" || isDueAgain(row, this.#ports.clock.now());
    if (isOpen || !isToDo || this.#notBefore.has(key)) return;
    const seen = await this.#seen(row);
    if (seen === undefined || !this.#isOurs(seen)) return;
    if (state === "fighting") await this.#mendAgain(seen);
    else if (seen.version.content.file !== undefined) await this.#fetch(seen);
    else await this.#bring(seen);
  }

  /** Finds out whether the device still holds what it held, by what is known of it. */
  async examine(key: DeviceKey): Promise<void> {
    const { store, clock } = this.#ports;
    const rows = await store.complianceOf(key);
    const held = rows.filter(({ state, operation }) => HELD.has(state) && operation === undefined);
    if (held.length === 0) return;
    const known = await store.parameters(key, "");
    for (const row of held) {
      const seen = await this.#seen(row);
      if (seen === undefined || !this.#isOurs(seen)) continue;
      const policy = policyOf(seen);
      const values = driftedFrom(policy, await this.#others(row, rows), known);
      const drifted = [...driftedFile(seen), ...values];
      const standing = holding(row, { policy, drifted }, clock.now());
      if (standing !== undefined) await this.#record(row, standing);
    }
  }

  /** Has a device that booted read anew: it may have come up with other values, and does not tell them. */
  async look(key: DeviceKey): Promise<void> {
    const rows = await this.#ports.store.complianceOf(key);
    const places: string[] = [];
    let at = 0;
    for (const row of rows.filter(({ state }) => HELD.has(state))) {
      const seen = await this.#seen(row);
      if (seen === undefined || !this.#isOurs(seen)) continue;
      places.push(...placesOf(policyOf(seen)));
      at = seen.device.lastBootAt ?? at;
    }
    this.#doubt(key);
    const [first] = rows;
    if (places.length === 0 || first === undefined) return;
    await this.#ask(first, { id: this.#idOf(`look/${key}/${at}`), ...lookAt([...new Set(places)]) });
  }

  /** Those that are told by a channel bring it about themselves, but for files; where they do not say, they are asked. */
  #isOurs({ row, device, version: { content } }: Seen): boolean {
    if (content.file !== undefined || !hearsChannels(device)) return true;
    if (row.state !== "pending") return false;
    return row.operation !== undefined || this.#ports.clock.now() >= row.at + PATIENCE_MS;
  }

  async #bring(seen: Seen): Promise<void> {
    const { store } = this.#ports;
    const { row } = seen;
    if (row.state === "drifted" && seen.version.content.hold === "report") return;
    if (row.operation === undefined && this.#begun >= MOST_BEGUN) return;
    const rows = await store.complianceOf(row.device);
    const turn = nextTurn({
      policy: policyOf(seen),
      others: await this.#others(row, rows),
      operation: row.operation === undefined ? undefined : await store.operation(row.operation),
      known: row.operation === undefined ? {} : await store.parameters(row.device, ""),
      before: row.operation && this.#before.get(row.operation),
    });
    switch (turn.type) {
      case "wait":
        this.#wait(row);
        return undefined;
      case "look":
        if (turn.before !== undefined) this.#before.set(this.#nextOf(row), turn.before);
        return this.#go(row, lookAt(turn.paths));
      case "ask":
        return this.#go(row, turn);
      case "again":
        return this.#record(row, { state: row.state });
      case "end": {
        const { type: _, undo, ...standing } = turn;
        const id = this.#idOf(`${row.operation ?? ""}/undo`);
        if (undo.length > 0) await this.#ask(row, { id, rpcs: undo });
        return this.#record(row, standing);
      }
    }
  }

  /** A policy may say more than its file: that is brought about once the file is held. */
  async #fetch(seen: Seen): Promise<void> {
    const { store, files, clock } = this.#ports;
    const { row, device, version } = seen;
    const { file: wanted } = version.content;
    if (wanted === undefined) return;
    const operation = row.operation === undefined ? undefined : await store.operation(row.operation);
    const isOfFile = operation?.transfer !== undefined;
    const turn = fileTurn({
      wanted,
      file: await files.file(wanted.file),
      softwareVersion: device.facts.softwareVersion,
      operation: isOfFile ? operation : undefined,
      now: clock.now(),
    });
    switch (turn.type) {
      case "held": {
        const { operation: _, ...rest } = row;
        return this.#bring({ ...seen, row: isOfFile ? rest : row });
      }
      case "wait":
        if (isOfFile && operation.endedAt === undefined) this.#wait(row);
        return undefined;
      case "ask":
        return this.#begun >= MOST_BEGUN ? undefined : this.#go(row, turn);
      case "again":
        return this.#record(row, { state: row.state });
      case "faulted":
        return this.#record(row, { state: "faulted", ...pick(turn) });
    }
  }

  async #mendAgain({ row }: Seen): Promise<void> {
    const now = this.#ports.clock.now();
    const { drifted = [] } = row;
    await this.#record(row, { state: "drifted", drifted, mended: [...row.mended.slice(-2), now] });
  }

  /** The same step of the same row asks for the same operation, however often. */
  async #go(row: Compliance, asked: Pick<RpcAsk, "rpcs" | "refresh">): Promise<void> {
    const { operation, drifted } = row;
    const id = this.#nextOf(row);
    if (operation === undefined) this.#begun += 1;
    if (!(await this.#ask(row, { id, ...asked }))) return;
    if (operation !== undefined) this.#before.delete(operation);
    await this.#record(row, {
      state: row.state,
      operation: id,
      ...(drifted === undefined ? {} : { drifted }),
    });
  }

  #nextOf({ policy, version, device, operation, at }: Compliance): OperationId {
    return this.#idOf(`${policy}/${version}/${device}/${operation ?? at}`);
  }

  /** Whether the device has it to do now. */
  async #ask(row: Compliance, asked: Pick<RpcAsk, "id" | "rpcs" | "refresh">): Promise<boolean> {
    const { bus, clock } = this.#ports;
    const { policy, device } = row;
    const now = clock.now();
    const by = { manager: `policy ${policy}`, automatic: `policy ${policy}`, bringsAbout: policy };
    const ask: RpcAsk = { ...asked, ...by, waitMs: 0, expiresAt: now + EXPIRY_MS };
    this.#open.add(ask.id);
    const reply = await bus.request(subjects.rpc(device), ask, { timeoutMs: ACCEPT_MS });
    if (reply.type === "operation") {
      if (reply.operation.endedAt !== undefined) this.#open.delete(ask.id);
      return true;
    }
    // What was asked for before by the same id was asked for by this step.
    this.#open.delete(ask.id);
    if (reply.reason === "idempotency-mismatch") return true;
    this.#notBefore.set(device, now + REFUSED_MS);
    return false;
  }

  #wait({ operation }: Compliance): void {
    if (operation !== undefined) this.#open.add(operation);
  }

  async #record(row: Compliance, standing: Partial<Compliance> & Pick<Compliance, "state">): Promise<void> {
    const { store, clock } = this.#ports;
    const { policy, device, version } = row;
    await store.commit("record-compliance", { policy, device, version, at: clock.now(), ...standing });
    // It may have been set back meanwhile; and what it does not hold it leaves to others.
    if (standing.operation === undefined && row.operation !== undefined) this.#doubt(device);
  }

  async #seen(row: Compliance): Promise<Seen | undefined> {
    const device = await this.#ports.store.device(row.device);
    const version = await this.#version(row);
    return device === undefined || version === undefined ? undefined : { row, device, version };
  }

  /** What else the device holds, or is to hold. */
  async #others(row: Compliance, rows: readonly Compliance[]): Promise<readonly HeldPolicy[]> {
    const others = rows.filter(({ policy, state }) => policy !== row.policy && !NOT_HELD.has(state));
    const versions = await Promise.all(others.map((other) => this.#version(other)));
    return versions.flatMap((version) =>
      version === undefined ? [] : [{ name: version.policy, content: version.content }],
    );
  }

  async #version({ policy, version }: Compliance): Promise<PolicyVersion | undefined> {
    const key = `${policy}/${version}`;
    const known = this.#versions.get(key) ?? (await this.#ports.store.policyVersion(policy, version));
    if (this.#versions.size >= MOST_VERSIONS) this.#versions.clear();
    if (known !== undefined) this.#versions.set(key, known);
    return known;
  }

  #idOf(text: string): OperationId {
    const id = operationId(this.#ports.vault.fingerprint(text).slice(0, ID_CHARS));
    if (id === undefined) throw new Error("a fingerprint has no 32 hexadecimal digits");
    return id;
  }
}

const HELD: ReadonlySet<string> = new Set(["applied", "drifted", "fighting"]);
const NOT_HELD: ReadonlySet<string> = new Set(["faulted", "not-applicable"]);

/**
 * Whether the device is told of all its channels. By STOMP it hears those alone that it subscribes to: it is asked, whether it
 * has heard or not, for both lead to the same.
 */
function hearsChannels({ light }: DeviceRecord): boolean {
  return light?.lapsed === false && light.subprotocol === "cwmp.json";
}

function policyOf({ version: { policy, content } }: Seen): HeldPolicy {
  return { name: policy, content };
}

function driftedFile({ device: { facts }, version: { content } }: Seen): readonly string[] {
  const { softwareVersion, root = "Device." } = facts;
  if (content.file === undefined || softwareVersion === undefined) return [];
  return softwareVersion === content.file.version ? [] : [`${root}DeviceInfo.SoftwareVersion`];
}

function lookAt(paths: readonly string[]): Pick<RpcAsk, "rpcs" | "refresh"> {
  const params = { Paths: paths, Bounds: { ...BOUNDS } };
  return { rpcs: [{ method: "Refresh", params }], refresh: { paths, bounds: BOUNDS } };
}

function pick({ faults }: Pick<Compliance, "faults">): Pick<Compliance, "faults"> {
  return faults === undefined ? {} : { faults };
}

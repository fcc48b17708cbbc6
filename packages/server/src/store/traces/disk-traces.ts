import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DeviceKey } from "@heliograph/protocol";
import { StoreFullError } from "../../ports/index.ts";
import type {
  Log,
  NewTrace,
  NewTracedMessage,
  TracedMessage,
  TraceKeep,
  TraceQuery,
  TraceState,
} from "../../ports/index.ts";
import { syncFolder, writeWhole } from "../files/draft-file.ts";
import { readTraceOrder } from "./trace-order.ts";
import { TraceSegments } from "./trace-segments.ts";

export interface DiskTracesOptions {
  /** Made where there is none. */
  readonly folder: string;
  readonly log: Log;
  readonly limits?: Partial<TraceLimits>;
}

export interface TraceLimits {
  /** Devices of which anything is kept. */
  readonly maxTraces: number;
  /** Of one device. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export const defaultTraceLimits: TraceLimits = {
  maxTraces: 100,
  maxMessages: 10_000,
  maxBytes: 16 * 1024 * 1024,
  maxAgeMs: 7 * 86_400_000,
};

const ABOUT = "about.json";
const DRAFT = "about.draft";
const NAME_CHARS = 32;

/**
 * Keeps each trace in a folder of its own: `about.json` says whose it is and until when it is on; the messages stand in files
 * of some hundreds, a line of JSON each, of which the oldest is deleted whole. What a crash left half written is not read.
 */
export async function openDiskTraces({ folder, log, limits }: DiskTracesOptions): Promise<TraceKeep> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const traces = new DiskTraces(folder, { ...defaultTraceLimits, ...limits });
  for (const name of await readdir(folder)) {
    if (!(await traces.open(join(folder, name)))) {
      log.warn("a trace cannot be read, and is deleted", { folder: join(folder, name) });
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
  return traces;
}

interface Kept {
  readonly folder: string;
  order: NewTrace;
  readonly segments: TraceSegments;
  /** The last that was asked for; each change of a trace waits for the one before. */
  last: Promise<unknown>;
  isGone: boolean;
}

class DiskTraces implements TraceKeep {
  readonly #folder: string;
  readonly #limits: TraceLimits;
  readonly #kept = new Map<DeviceKey, Kept>();

  constructor(folder: string, limits: TraceLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** False where it is none. */
  async open(folder: string): Promise<boolean> {
    const order = await readTraceOrder(join(folder, ABOUT));
    if (order === undefined || this.#folderOf(order.device) !== folder) return false;
    const segments = await TraceSegments.open(folder, this.#limits);
    this.#kept.set(order.device, { folder, order, segments, last: Promise.resolve(), isGone: false });
    return true;
  }

  state(device: DeviceKey): TraceState | undefined {
    const kept = this.#kept.get(device);
    return kept && stateOf(kept);
  }

  states(): readonly TraceState[] {
    return [...this.#kept.values()].map(stateOf);
  }

  async put(order: NewTrace): Promise<TraceState | undefined> {
    const kept = this.#kept.get(order.device) ?? (await this.#begin(order));
    if (kept === undefined) return undefined;
    const isNew = kept.order === order;
    const state = await inTurn(kept, () => change(kept, order)).catch(async (error: unknown) => {
      if (isNew) await this.forget(order.device);
      throw isFull(error) ? new StoreFullError(FULL, { cause: error }) : error;
    });
    // It was forgotten meanwhile.
    return state ?? this.put(order);
  }

  async append(device: DeviceKey, messages: readonly NewTracedMessage[]): Promise<void> {
    const kept = this.#kept.get(device);
    if (kept === undefined) return;
    await inTurn(kept, async () => {
      if (!kept.isGone) await kept.segments.append(messages);
    });
  }

  async read(device: DeviceKey, query: TraceQuery): Promise<readonly TracedMessage[]> {
    const kept = this.#kept.get(device);
    if (kept === undefined) return [];
    return inTurn(kept, async () => (kept.isGone ? [] : kept.segments.read(query)));
  }

  async prune(now: number): Promise<void> {
    const before = now - this.#limits.maxAgeMs;
    for (const kept of this.#kept.values()) {
      const isOver = kept.order.until < before && kept.segments.lastAt < before;
      if (isOver) await this.forget(kept.order.device);
      else await inTurn(kept, () => kept.segments.prune(before));
    }
  }

  async forget(device: DeviceKey): Promise<void> {
    const kept = this.#kept.get(device);
    if (kept === undefined) return;
    this.#kept.delete(device);
    await inTurn(kept, async () => {
      kept.isGone = true;
      await rm(kept.folder, { recursive: true, force: true });
    });
  }

  /** Undefined where there is no room for one more. */
  async #begin(order: NewTrace): Promise<Kept | undefined> {
    if (this.#kept.size >= this.#limits.maxTraces) {
      const ended = this.states()
        .filter(({ until }) => until <= order.since)
        .toSorted((a, b) => a.until - b.until);
      const [first] = ended;
      if (first === undefined) return undefined;
      await this.forget(first.device);
    }
    const folder = this.#folderOf(order.device);
    const segments = new TraceSegments(folder, this.#limits);
    const kept: Kept = { folder, order, segments, last: Promise.resolve(), isGone: false };
    this.#kept.set(order.device, kept);
    return kept;
  }

  /** A key may be longer than a file's name. */
  #folderOf(device: DeviceKey): string {
    return join(this.#folder, createHash("sha256").update(device).digest("hex").slice(0, NAME_CHARS));
  }
}

const FULL = "the disk of the traces is full: nobody can be traced before there is room on it";

/** Undefined where it is forgotten. */
async function change(kept: Kept, order: NewTrace): Promise<TraceState | undefined> {
  if (kept.isGone) return undefined;
  await writeOrder(kept.folder, order);
  kept.order = order;
  return stateOf(kept);
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

function stateOf({ order, segments }: Kept): TraceState {
  const { firstId, lastId, bytes } = segments;
  return { ...order, firstId, lastId, bytes };
}

function inTurn<T>(kept: Kept, act: () => Promise<T>): Promise<T> {
  const turn = kept.last.then(act);
  kept.last = turn.catch(() => undefined);
  return turn;
}

async function writeOrder(folder: string, order: NewTrace): Promise<void> {
  const { device, since, until, by } = order;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, DRAFT);
  await rm(draft, { force: true });
  await writeWhole(draft, `${JSON.stringify({ device, since, until, by })}\n`);
  await rename(draft, join(folder, ABOUT));
  await syncFolder(folder);
  await syncFolder(join(folder, ".."));
}

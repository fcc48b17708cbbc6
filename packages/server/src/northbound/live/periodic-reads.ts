import { groupedEntries } from "@heliograph/protocol";
import type { DeviceKey, ParameterValues } from "@heliograph/protocol";
import { asError, mayRead, reachability } from "../../ports/index.ts";
import type { Timer, WatchWish } from "../../ports/index.ts";
import type { NorthboundPorts } from "../settings.ts";
import { NOTHING_THERE, type LiveSaid, type LiveWay, type UnseenWay } from "./live-said.ts";
import { readPaths, type PathsRead } from "./read-paths.ts";

export interface PeriodicReadsParts {
  readonly ports: NorthboundPorts;
  readonly device: DeviceKey;
  /** What is to be read; undefined where nothing is any more. */
  readonly wish: () => WatchWish | undefined;
  readonly tell: (said: LiveSaid) => void;
  /** Tells those who watch the path why they see nothing of it. */
  readonly tellUnseen: (unseen: UnseenWay) => void;
}

/** Why nothing is seen of a path. */
interface Unseen {
  readonly detail: string;
  /** By the device, when it was asked for nothing else: others are not to lose theirs by it. */
  readonly isRefused: boolean;
}

/** A session each time is much for a device. */
export const LEAST_READ_MS = 30_000;

/**
 * Reads what is watched of a device that does not tell by itself, while it can be reached: all in one read, but for what the
 * device refuses, of which one path is tried again each time.
 */
export class PeriodicReads {
  readonly #parts: PeriodicReadsParts;
  readonly #unseen = new Map<string, Unseen>();
  #timer: Timer | undefined;
  #isOn = false;
  #hasSaidWay = false;
  /** How often it has begun. */
  #begun = 0;

  constructor(parts: PeriodicReadsParts) {
    this.#parts = parts;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  begin(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#hasSaidWay = false;
    this.#begun += 1;
    void this.#readAndWait(this.#begun);
  }

  end(): void {
    this.#isOn = false;
    this.#timer?.cancel();
    this.#unseen.clear();
  }

  /** What somebody who watches these is to know who comes while it reads. */
  unseenOf(paths: readonly string[]): readonly UnseenWay[] {
    return paths.flatMap((path) => {
      const unseen = this.#unseen.get(withoutWildcard(path));
      return unseen === undefined ? [] : [this.#unseenWay(path, unseen)];
    });
  }

  async #readAndWait(begun: number): Promise<void> {
    const { ports, device } = this.#parts;
    try {
      await this.#read();
    } catch (error) {
      ports.log.warn("what is watched could not be read", { device, error: asError(error) });
    }
    // A read may have been out while it ended and began anew.
    if (!this.#isOn || begun !== this.#begun) return;
    this.#timer = ports.clock.after(this.#everyMs, () => void this.#readAndWait(begun));
  }

  get #everyMs(): number {
    return Math.max(LEAST_READ_MS, this.#parts.wish()?.intervalMs ?? 0);
  }

  async #read(): Promise<void> {
    const wished = this.#parts.wish()?.paths ?? [];
    const paths = [...new Set(wished.map(withoutWildcard))];
    for (const path of this.#unseen.keys()) if (!paths.includes(path)) this.#unseen.delete(path);
    if (paths.length === 0) return;
    if (!(await this.#canBeReached())) {
      this.#tellWay("the device cannot be reached now");
      return;
    }
    if (!this.#hasSaidWay) this.#tellWay();
    const refused = paths.filter((path) => this.#unseen.get(path)?.isRefused);
    await this.#readTogether(paths.filter((path) => !refused.includes(path)));
    const [longest] = [...this.#unseen.keys()].filter((path) => refused.includes(path));
    if (longest !== undefined) await this.#readAlone(longest);
  }

  async #canBeReached(): Promise<boolean> {
    const { ports, device } = this.#parts;
    const row = await ports.store.device(device);
    return row !== undefined && reachability(row, ports.clock.now()) !== "unreachable";
  }

  async #readTogether(paths: readonly string[]): Promise<void> {
    if (paths.length > 1) {
      const read = await readPaths(paths, this.#parts);
      if (read.type !== "faulted") {
        this.#onRead(read, paths);
        return;
      }
    }
    for (const path of paths) if (!(await this.#readAlone(path))) return;
  }

  /** Whether the device answers at all. */
  async #readAlone(path: string): Promise<boolean> {
    if (!this.#isOn) return false;
    const read = await readPaths([path], this.#parts);
    if (read.type === "faulted") this.#noteUnseen(path, { detail: read.detail, isRefused: true });
    else this.#onRead(read, [path]);
    return read.type !== "unanswered";
  }

  #onRead(read: Exclude<PathsRead, { type: "faulted" }>, paths: readonly string[]): void {
    if (read.type === "unanswered") {
      this.#tellWay(read.detail);
      return;
    }
    for (const path of paths) {
      if (holds(read.values, path)) this.#unseen.delete(path);
      else this.#noteUnseen(path, { detail: NOTHING_THERE, isRefused: false });
    }
    if (!this.#isOn || Object.keys(read.values).length === 0) return;
    this.#tellWay();
    this.#parts.tell({ type: "values", at: this.#parts.ports.clock.now(), values: read.values });
  }

  /** It is the last to be tried again. */
  #noteUnseen(path: string, unseen: Unseen): void {
    if (!this.#isOn) return;
    this.#unseen.delete(path);
    this.#unseen.set(path, unseen);
    for (const wished of this.#parts.wish()?.paths ?? []) {
      if (withoutWildcard(wished) === path) this.#parts.tellUnseen(this.#unseenWay(wished, unseen));
    }
  }

  #unseenWay(path: string, { detail }: Unseen): UnseenWay {
    return { type: "way", way: "read", everyMs: this.#everyMs, path, detail };
  }

  #tellWay(detail?: string): void {
    if (!this.#isOn) return;
    this.#hasSaidWay = true;
    const way: LiveWay = { type: "way", way: "read", everyMs: this.#everyMs };
    this.#parts.tell(detail === undefined ? way : { ...way, detail });
  }
}

function holds(values: ParameterValues, path: string): boolean {
  for (const [each] of groupedEntries(values)) if (mayRead(each, [path])) return true;
  return false;
}

/** Few devices know wildcards: they are asked for all that there is above. */
function withoutWildcard(path: string): string {
  const [above = ""] = path.split("*");
  return above;
}

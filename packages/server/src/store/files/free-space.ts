import { statfs } from "node:fs/promises";

/** How many bytes there are for us on the disk of that folder. */
export type MeasureSpace = (folder: string) => Promise<number>;

/** After so many bytes it is measured again: others write on the same disk. */
const STEP_BYTES = 8 * 1024 * 1024;

export async function measureSpace(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Leaves a part of the disk free for what cannot do without it, the store before all. */
export class FreeSpace {
  readonly #folder: string;
  readonly #keepBytes: number;
  readonly #measure: MeasureSpace;
  /** What may be written until it is measured again. */
  #left = 0;

  constructor(folder: string, keepBytes: number, measure: MeasureSpace = measureSpace) {
    this.#folder = folder;
    this.#keepBytes = keepBytes;
    this.#measure = measure;
  }

  /** Whether so many bytes may be announced. */
  async hasRoomFor(bytes: number): Promise<boolean> {
    return (await this.#measure(this.#folder)) - bytes >= this.#keepBytes;
  }

  /** Takes room for what is about to be written; false where there is none. */
  async take(bytes: number): Promise<boolean> {
    if (this.#left < bytes) {
      const spare = (await this.#measure(this.#folder)) - this.#keepBytes;
      this.#left = Math.min(spare, Math.max(bytes, STEP_BYTES));
    }
    if (this.#left < bytes) return false;
    this.#left -= bytes;
    return true;
  }
}

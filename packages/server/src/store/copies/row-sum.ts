import { createHash } from "node:crypto";
import type { Row } from "../row.ts";

const BYTES = 32;

/** A checksum of rows that does not go by their order, or by that of their columns. */
export class RowSum {
  readonly #sum = Buffer.alloc(BYTES);
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  get checksum(): string {
    return this.#sum.toString("hex");
  }

  add(row: Row): void {
    const entries = Object.entries(row).toSorted(([one], [other]) => (one < other ? -1 : 1));
    const hash = createHash("sha256").update(JSON.stringify(entries)).digest();
    // Added, not crossed out: two rows that are the same are not none.
    let carry = 0;
    for (let at = 0; at < BYTES; at += 1) {
      const total = (this.#sum[at] ?? 0) + (hash[at] ?? 0) + carry;
      this.#sum[at] = total & 0xff;
      carry = total >> 8;
    }
    this.#rows += 1;
  }
}

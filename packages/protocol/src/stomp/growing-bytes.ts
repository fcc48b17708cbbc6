const NOTHING = new Uint8Array(0);
const LEAST_ROOM = 256;

/** Bytes that come piece by piece: time in proportion to them, and room for at most twice as many. */
export class GrowingBytes {
  #room = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The last byte; undefined where there is none. */
  get last(): number | undefined {
    return this.#room[this.#length - 1];
  }

  /** Copies the bytes to the end. There will never be more than `most`, and no more room is made than that. */
  append(bytes: Uint8Array, most: number): void {
    const length = this.#length + bytes.length;
    if (length > this.#room.length) {
      const room = new Uint8Array(Math.max(length, Math.min(most, length * 2 + LEAST_ROOM)));
      room.set(this.#room.subarray(0, this.#length));
      this.#room = room;
    }
    this.#room.set(bytes, this.#length);
    this.#length = length;
  }

  /** Gives the bytes away, and is empty again. */
  take(): Uint8Array {
    const taken = this.#room.length === this.#length ? this.#room : this.#room.slice(0, this.#length);
    this.#room = NOTHING;
    this.#length = 0;
    return taken;
  }
}

import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Clock, Random, SentText, Timer } from "../../../ports/index.ts";

/** Far below what a message of the bus may have, also where each character takes several bytes. */
const MOST_PLAIN_CHARS = 128 * 1024;
const PIECE_CHARS = 512 * 1024;
const MOST_PIECES = 64;
/** How long a piece waits for the others, and for whoever fetches it. */
const KEPT_MS = 60_000;
const MOST_KEPT_CHARS = 64 * 1024 * 1024;
/** A parcel that holds more was not pressed by a gateway. */
const MOST_UNPRESSED_BYTES = 64 * 1024 * 1024;
const PARCEL_BYTES = 16;

const press = promisify(gzip);
const unpress = promisify(gunzip);

interface Kept {
  readonly pieces: readonly (string | undefined)[];
  readonly timer: Timer;
}

/** Holds the pieces of long texts until they are all there, or were fetched; bounded in time and size. */
export class Parcels {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #kept = new Map<string, Kept>();
  #chars = 0;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A text as it is sent; the pieces of a long one are handed to `keep`, one by one, before this resolves. */
  async send(
    text: string,
    keep: (parcel: string, index: number, piece: string) => Promise<void>,
  ): Promise<SentText> {
    if (text.length <= MOST_PLAIN_CHARS) return { text };
    const pressed = (await press(text)).toString("base64");
    const parcel = this.#random.hex(PARCEL_BYTES);
    const pieces = Math.ceil(pressed.length / PIECE_CHARS);
    for (let index = 0; index < pieces; index += 1) {
      await keep(parcel, index, pressed.slice(index * PIECE_CHARS, (index + 1) * PIECE_CHARS));
    }
    return { parcel, pieces };
  }

  /** The text that was sent; `fetch` gives its pieces, undefined where one is missing. */
  async receive(
    sent: SentText,
    fetch: (parcel: string, index: number) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    if ("text" in sent) return sent.text;
    const pieces: string[] = [];
    for (let index = 0; index < Math.min(sent.pieces, MOST_PIECES); index += 1) {
      const piece = await fetch(sent.parcel, index);
      if (piece === undefined) return undefined;
      pieces.push(piece);
    }
    const bytes = Buffer.from(pieces.join(""), "base64");
    return (await unpress(bytes, { maxOutputLength: MOST_UNPRESSED_BYTES })).toString();
  }

  /** False where there is no room for it. */
  keep(parcel: string, index: number, piece: string): boolean {
    if (index >= MOST_PIECES || this.#chars + piece.length > MOST_KEPT_CHARS) return false;
    const { timer, pieces = [] } = this.#kept.get(parcel) ?? {};
    timer?.cancel();
    const expiry = this.#clock.after(KEPT_MS, () => {
      this.drop(parcel);
    });
    this.#kept.set(parcel, { pieces: Object.assign([...pieces], { [index]: piece }), timer: expiry });
    this.#chars += piece.length;
    return true;
  }

  piece(parcel: string, index: number): string | undefined {
    return this.#kept.get(parcel)?.pieces[index];
  }

  drop(parcel: string): void {
    const kept = this.#kept.get(parcel);
    if (kept === undefined) return;
    kept.timer.cancel();
    this.#kept.delete(parcel);
    for (const piece of kept.pieces) this.#chars -= piece?.length ?? 0;
  }

  clear(): void {
    for (const parcel of [...this.#kept.keys()]) this.drop(parcel);
  }
}

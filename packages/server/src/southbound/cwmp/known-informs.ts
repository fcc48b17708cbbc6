import { hash } from "node:crypto";
import type { Clock } from "../../ports/index.ts";
import type { Inform, Meaning } from "./reading.ts";

export interface KnownBounds {
  /** Characters of all that are remembered together; what is kept of them takes less than a byte for each. */
  readonly mostChars: number;
  /** After this all are forgotten, so that those of devices that are gone make room. */
  readonly lifeMs: number;
}

const defaultBounds: KnownBounds = { mostChars: 40_000_000, lifeMs: 3_600_000 };

type Read = Extract<Meaning, { readonly type: "inform" }>;

/** A longer one is no heartbeat. */
const MAX_CHARS = 8_192;
/** Where its time stands, written as nearly all devices write it. */
const TIME = /<CurrentTime>([\dT:.Z+-]{10,40})<\/CurrentTime>/;
/** What might make a tag look like one that is none. */
const HIDING = /<!|<CurrentTime>[^]*<CurrentTime>/;

/**
 * Informs as they were read before: most that a device sends are the same again but for their time, and need not be read
 * anew. Where it remembers as many as it may, those that come later are read each time, as if there were no memory.
 */
export class KnownInforms {
  readonly #clock: Clock;
  readonly #bounds: KnownBounds;
  readonly #known = new Map<string, Inform>();
  #since: number;
  #chars = 0;

  constructor(clock: Clock, bounds: KnownBounds = defaultBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#since = clock.elapsed();
  }

  /** What the text says, where it was remembered but for its time. */
  find(text: string): Inform | undefined {
    const told = this.#known.size === 0 ? undefined : toldIn(text);
    return told && this.#known.get(told.print);
  }

  /** Only of a device that was let in, so that nobody fills the memory with what he makes up. */
  remember(text: string, { inform, currentTime }: Read): void {
    const now = this.#clock.elapsed();
    if (now - this.#since > this.#bounds.lifeMs) {
      this.#known.clear();
      this.#since = now;
      this.#chars = 0;
    }
    const mayBe = this.#chars + text.length <= this.#bounds.mostChars && !HIDING.test(text);
    const told = mayBe ? toldIn(text) : undefined;
    if (told === undefined || told.time !== currentTime || this.#known.has(told.print)) return;
    this.#chars += text.length;
    // With strings of its own, as parts of the text would keep all of it; its maps are those of a message that crossed the bus.
    this.#known.set(told.print, structuredClone(inform));
  }
}

/** What tells an Inform from all others but for its time, and that time. */
function toldIn(text: string): { readonly print: string; readonly time: string } | undefined {
  const found = text.length > MAX_CHARS ? null : TIME.exec(text);
  if (found === null) return undefined;
  const [whole, time = ""] = found;
  const { index } = found;
  const rest = `${index} ${text.slice(0, index)}${text.slice(index + whole.length)}`;
  return { print: hash("sha256", rest, "base64"), time };
}

/** In which line of a JSON text something stands that a path such as `$.models[0].set.digest` names, or the nearest around it. */
export function lineOf(text: string, path: string): number {
  const steps = [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
  const reader = new Reader(text);
  for (const step of steps) if (!reader.enter(step)) break;
  return text.slice(0, reader.place).split("\n").length;
}

const SPACE = /\s*/y;
const TEXT = /"(?:[^"\\]|\\.)*"/y;
const PLAIN = /[^\s,:[\]{}"]+/y;

/** Stands at a value of a text that is known to be JSON. */
class Reader {
  readonly #text: string;
  /** Where the name of the value that it stands at begins, or the value, where it has none. */
  place = 0;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#take(SPACE);
    this.place = this.#at;
  }

  /** Goes to the member or the item of that name or number; false where there is none. */
  enter(step: string | number): boolean {
    const opening = this.#text[this.#at];
    if (opening !== (typeof step === "string" ? "{" : "[")) return false;
    this.#at += 1;
    for (let index = 0; ; index += 1) {
      this.#take(SPACE);
      const place = this.#at;
      if (/[\]}]/.test(this.#text[this.#at] ?? "]")) return false;
      const name = typeof step === "string" ? this.#name() : index;
      if (name === step) {
        this.place = place;
        return true;
      }
      this.#skip();
      this.#take(SPACE);
      if (this.#text[this.#at] === ",") this.#at += 1;
    }
  }

  #name(): unknown {
    const name: unknown = JSON.parse(this.#take(TEXT));
    this.#take(SPACE);
    this.#at += 1;
    this.#take(SPACE);
    return name;
  }

  /** Passes over the value, whatever is in it. */
  #skip(): void {
    let depth = 0;
    do {
      const character = this.#text[this.#at] ?? "";
      if (character === "") return;
      if (character === '"') this.#take(TEXT);
      else if (/[^\s,:[\]{}]/.test(character)) this.#take(PLAIN);
      else {
        depth += /[[{]/.test(character) ? 1 : /[\]}]/.test(character) ? -1 : 0;
        this.#at += 1;
      }
    } while (depth > 0);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [taken = ""] = pattern.exec(this.#text) ?? [];
    this.#at += taken.length;
    return taken;
  }
}

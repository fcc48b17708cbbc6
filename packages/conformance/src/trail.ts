/** Of what the kit sends, a fail shows so much. */
const SHOWN_CHARS = 300;

/** What the kit said last, for who reads about a fail. */
export class Trail {
  #lastSent = "nothing";

  get lastSent(): string {
    return this.#lastSent;
  }

  sent(what: string): void {
    this.#lastSent = shortened(what);
  }

  clear(): void {
    this.#lastSent = "nothing";
  }
}

/** The beginning of a text, where all of it would be too long to read. */
export function shortened(text: string): string {
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS)}… (${text.length} characters)`;
}

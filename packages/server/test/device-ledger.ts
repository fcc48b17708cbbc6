import { appendFileSync } from "node:fs";

/** What devices ran, told by the marks of the calls; an entry is in the file before the device answers. */
export class DeviceLedger {
  readonly #path: string;
  readonly #runs = new Map<string, number>();

  constructor(path: string) {
    this.#path = path;
  }

  note(entry: { readonly device: string; readonly method: string; readonly mark: string }): void {
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
    this.#runs.set(entry.mark, this.runs(entry.mark) + 1);
  }

  /** How often the call with this mark ran. */
  runs(mark: string): number {
    return this.#runs.get(mark) ?? 0;
  }
}

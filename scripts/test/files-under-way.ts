import { relative } from "node:path";

/** What Node's runner says as it happens of a test, and of a file, whose name is its path from the root. */
export interface TestNews {
  readonly name: string;
  /** Where it is written, which may be a suite that several files share. */
  readonly file?: string | undefined;
  /** The file that is run, where Node says so. */
  readonly entryFile?: string | undefined;
}

export interface Patience {
  /** Milliseconds that a file may be silent while a test of it runs. */
  readonly inTestMs: number;
  /** Milliseconds that it may be silent before its first test, between two, and until it ends after the last. */
  readonly betweenMs: number;
}

interface FileUnderWay {
  readonly began: number;
  readonly timer: NodeJS.Timeout;
  /** Tests that have begun and not ended. */
  readonly running: number;
}

/**
 * The files that run now. Once one of them hangs, with what it left open, in a loop without end or before its first test,
 * `signal` aborts the run and names the file: Node bounds each test, but not the file.
 */
export class FilesUnderWay {
  readonly #root: string;
  readonly #patience: Patience;
  readonly #hung = new AbortController();
  readonly #files = new Map<string, FileUnderWay>();
  readonly #seconds = new Map<string, number>();

  constructor(root: string, patience: Patience) {
    this.#root = root;
    this.#patience = patience;
  }

  get signal(): AbortSignal {
    return this.#hung.signal;
  }

  /** Of the files that ended, those that took longest, with the seconds they took. */
  slowest(count: number): readonly (readonly [file: string, seconds: number])[] {
    return [...this.#seconds].sort(([, one], [, other]) => other - one).slice(0, count);
  }

  begun(news: TestNews): void {
    const file = this.#runFile(news);
    if (file !== news.name) {
      this.#hear(file, 1);
      return;
    }
    this.#files.set(file, { began: performance.now(), timer: this.#wait(file), running: 0 });
  }

  ended(news: TestNews): void {
    const file = this.#runFile(news);
    if (file !== news.name) {
      this.#hear(file, -1);
      return;
    }
    const ended = this.#files.get(file);
    if (ended === undefined) return;
    clearTimeout(ended.timer);
    this.#files.delete(file);
    this.#seconds.set(file, (performance.now() - ended.began) / 1_000);
  }

  #hear(file: string, more: number): void {
    const heard = this.#files.get(file);
    if (heard === undefined) return;
    clearTimeout(heard.timer);
    const running = heard.running + more;
    this.#files.set(file, { ...heard, running, timer: this.#wait(file, running) });
  }

  #wait(file: string, running = 0): NodeJS.Timeout {
    const { inTestMs, betweenMs } = this.#patience;
    const patienceMs = running > 0 ? inTestMs : betweenMs;
    return setTimeout(() => {
      this.#hung.abort(new Error(`${file} hangs: nothing was heard of it for ${patienceMs / 1_000} s`));
    }, patienceMs);
  }

  /** From the root. */
  #runFile({ name, file, entryFile = file }: TestNews): string {
    return entryFile === undefined ? name : relative(this.#root, entryFile);
  }
}

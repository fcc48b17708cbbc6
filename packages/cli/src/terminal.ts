/** Where a command speaks and listens: the process's own streams, or a test's. */
export interface Terminal {
  /** Writes a line to standard output: what was asked for. */
  out(line: string): void;
  /** Writes a line to standard error: what a person should know besides. */
  err(line: string): void;
  /** Says how something stands: in place of what it said last where somebody watches, else as a line to standard error. */
  status(line: string): void;
  /** Whether standard error is a screen. */
  readonly isWatched: boolean;
  /** Whether standard output shows colours. */
  readonly isColoured: boolean;
  /** Characters to a line. */
  readonly columns: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The person's home folder. */
  readonly home: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Asks for a line that is not shown while it is typed; where nobody types, the first line of standard input. */
  askSecret(question: string): Promise<string>;
  /** Asks for lines until it is disposed of, of a person or of standard input. */
  prompt(prompting: Prompting): Prompt;
  /** Takes SIGINT and SIGTERM over until it is disposed of. */
  interruption(): Interruption;
}

export interface Prompting {
  /** How the last word of a line may go on, and that word. */
  readonly complete: (line: string) => readonly [candidates: readonly string[], word: string];
}

export interface Prompt extends Disposable {
  /** The next line; undefined where there are no more, by Ctrl-C too, or the signal was aborted. */
  next(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** What Ctrl-C ends between two lines. */
  interruption(): Interruption;
}

export interface Interruption extends Disposable {
  /** Aborted by the first SIGINT or SIGTERM; the second one ends the process at once. */
  readonly signal: AbortSignal;
}

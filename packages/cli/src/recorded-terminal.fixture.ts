import type { Terminal } from "./terminal.ts";

/** What a test gives a command to hear. */
export interface Surroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  readonly input?: string;
  readonly secret?: string;
  /** What is said where lines are asked for. */
  readonly lines?: readonly string[];
  readonly isColoured?: boolean;
  /** Called before the command runs. */
  readonly onStart?: (terminal: RecordedTerminal) => void;
  /** Called with every line of standard output. */
  readonly onOut?: (line: string, terminal: RecordedTerminal) => void;
}

/** A terminal that keeps what was said. */
export interface RecordedTerminal extends Terminal {
  /** Standard output as it stands. */
  output(): string;
  /** Standard error as it stands. */
  errors(): string;
  /** Ctrl-C. */
  interrupt(): void;
}

/** The time at every command of a test. */
export const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);

export function recordedTerminal(surroundings: Surroundings = {}): RecordedTerminal {
  const out: string[] = [];
  const err: string[] = [];
  const controller = new AbortController();
  const lines = [...(surroundings.lines ?? [])];
  const started = performance.now();
  const terminal: RecordedTerminal = {
    out(line) {
      out.push(line);
      surroundings.onOut?.(line, terminal);
    },
    err: (line) => void err.push(line),
    status: (line) => terminal.err(line),
    isWatched: false,
    isColoured: surroundings.isColoured ?? false,
    columns: 100,
    environment: surroundings.environment ?? {},
    home: surroundings.home ?? "/nowhere",
    now: () => NOW + Math.floor(performance.now() - started),
    readInput: async () => surroundings.input ?? "",
    askSecret: async () => surroundings.secret ?? "",
    prompt: () => ({
      next: async () => lines.shift(),
      interruption: () => terminal.interruption(),
      [Symbol.dispose]: () => undefined,
    }),
    interruption: () => ({ signal: controller.signal, [Symbol.dispose]: () => undefined }),
    output: () => out.join("\n"),
    errors: () => err.join("\n"),
    interrupt: () => controller.abort(),
  };
  surroundings.onStart?.(terminal);
  return terminal;
}

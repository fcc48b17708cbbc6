import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

/** One RPC that reached a device. */
export interface LedgerEntry {
  readonly device: string;
  readonly method: string;
  /** The CommandKey it carried, where its method has one. */
  readonly commandKey?: string;
  /** The envelope's cwmp:ID, where it had one. */
  readonly id?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What reached devices, in order: what a test counts to say how often something ran. */
export interface Ledger {
  append(entry: LedgerEntry): void;
  entries(): readonly LedgerEntry[];
}

/** A ledger that ends with its process. */
export function memoryLedger(): Ledger {
  const entries: LedgerEntry[] = [];
  return { append: (entry) => void entries.push(entry), entries: () => [...entries] };
}

/**
 * A ledger in a file, one JSON object a line. An entry is on disk before `append` returns, and several processes may
 * append to one file, so that what ran is known even of processes that were killed.
 */
export function fileLedger(path: string): Ledger {
  return {
    append(entry) {
      const file = openSync(path, "a");
      try {
        writeSync(file, `${JSON.stringify(entry)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
    entries: () => (existsSync(path) ? readLines(readFileSync(path, "utf8")) : []),
  };
}

/** A line that was cut short by a kill is not an entry. */
function readLines(text: string): LedgerEntry[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole.split("\n").filter(Boolean).map(readEntry);
}

function readEntry(line: string): LedgerEntry {
  const entry: unknown = JSON.parse(line);
  if (!isEntry(entry)) throw new Error(`not a ledger entry: ${line}`);
  return entry;
}

function isEntry(value: unknown): value is LedgerEntry {
  return (
    typeof value === "object" && value !== null && "device" in value && "method" in value && "at" in value
  );
}

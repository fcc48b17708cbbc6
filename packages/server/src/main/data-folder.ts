import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

const ONLY_US = 0o600;

/** What the ACS keeps outside its store, each in a file that nobody else may read. */
export interface DataFolder {
  readonly store: string;
  /** The secret key, made at first start. */
  secretKey(): string;
  /** Where the CLI on this machine finds the northbound and its token. */
  readClient(): ClientFile | undefined;
  writeClient(client: ClientFile): void;
}

export interface ClientFile {
  readonly url: string;
  readonly token: string;
}

export function openDataFolder(path: string): DataFolder {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const clientPath = join(path, "client.json");
  return {
    store: join(path, "heliograph.db"),
    secretKey() {
      const file = join(path, "secret.key");
      const known = read(file)?.trim();
      if (known !== undefined) return known;
      const made = randomBytes(32).toString("hex");
      write(file, `${made}\n`);
      return made;
    },
    readClient: () => readClientFile(clientPath),
    writeClient(client) {
      write(clientPath, `${JSON.stringify(client, undefined, 2)}\n`);
    },
  };
}

/** Undefined where there is none, or none that can be used. */
export function readClientFile(path: string): ClientFile | undefined {
  const text = read(path);
  if (text === undefined) return undefined;
  const parsed: unknown = JSON.parse(text);
  return isClientFile(parsed) ? { url: parsed.url, token: parsed.token } : undefined;
}

function isClientFile(value: unknown): value is ClientFile {
  if (typeof value !== "object" || value === null || !("url" in value) || !("token" in value)) return false;
  return typeof value.url === "string" && typeof value.token === "string";
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole or not at all, and on disk: a key that was used must not be lost with the power. */
function write(path: string, text: string): void {
  const draft = `${path}.draft`;
  const file = openSync(draft, "w", ONLY_US);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

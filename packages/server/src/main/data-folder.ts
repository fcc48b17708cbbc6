import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

const ONLY_US = 0o600;

/** What the ACS keeps outside its store, each in a file that nobody else may read. */
export interface DataFolder {
  readonly store: string;
  /** Where files for devices and from them are kept. */
  readonly files: string;
  /** Where what devices and the ACS say to each other is kept, of devices that are traced. */
  readonly traces: string;
  /** Undefined before the first start. Throws {@link DataFolderError} where it cannot be used. */
  readSecretKey(): string | undefined;
  makeSecretKey(): string;
  /** Where the CLI on this machine finds the northbound and its token. */
  readClient(): ClientFile | undefined;
  writeClient(client: ClientFile): void;
}

export interface ClientFile {
  readonly url: string;
  readonly token: string;
}

/** The data folder, or a file in it, cannot be used; the message says what helps. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
  readonly code = "E_DATA_FOLDER";
}

const SECRET_KEY = /^[0-9a-f]{64}$/i;

/** Makes the folder where there is none. Throws {@link DataFolderError} where nothing can be written into it. */
export function openDataFolder(path: string): DataFolder {
  makeWritable(path);
  const clientPath = join(path, "client.json");
  const keyPath = join(path, "secret.key");
  return {
    store: join(path, "heliograph.db"),
    files: join(path, "files"),
    traces: join(path, "traces"),
    readSecretKey() {
      const known = readSecret(keyPath);
      if (known === undefined || SECRET_KEY.test(known)) return known;
      throw new DataFolderError(
        `${keyPath} holds no secret key, which has 64 hexadecimal digits: put a copy in its place`,
      );
    },
    makeSecretKey() {
      const made = randomBytes(32).toString("hex");
      write(keyPath, `${made}\n`);
      return made;
    },
    readClient: () => usable(() => readClientFile(clientPath)),
    writeClient(client) {
      write(clientPath, `${JSON.stringify(client, undefined, 2)}\n`);
    },
  };
}

/** Undefined where there is none. Throws where it is no JSON. */
export function readClientFile(path: string): ClientFile | undefined {
  const text = read(path);
  if (text === undefined) return undefined;
  const parsed: unknown = JSON.parse(text);
  return isClientFile(parsed) ? { url: parsed.url, token: parsed.token } : undefined;
}

/** One that cannot be used is written anew. */
function usable(readFile: () => ClientFile | undefined): ClientFile | undefined {
  try {
    return readFile();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isClientFile(value: unknown): value is ClientFile {
  if (typeof value !== "object" || value === null || !("url" in value) || !("token" in value)) return false;
  return typeof value.url === "string" && typeof value.token === "string";
}

function makeWritable(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new DataFolderError(
      `nothing can be written into the data folder ${path}: see that its disk takes writes, and that whoever runs the ACS may write there`,
      { cause },
    );
  }
}

function readSecret(path: string): string | undefined {
  try {
    return read(path)?.trim();
  } catch (cause) {
    throw new DataFolderError(`${path} cannot be read: let whoever runs the ACS read it`, { cause });
  }
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

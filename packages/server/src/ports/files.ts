import type { Brand, DeviceKey } from "@heliograph/protocol";

export type FileId = Brand<string, "FileId">;

const FILE_ID = /^[0-9a-f]{16}$/;

export function fileId(hex: string): FileId | undefined {
  return FILE_ID.test(hex) ? (hex as FileId) : undefined;
}

/** What is kept of a file besides its bytes. */
export interface FileRecord {
  readonly id: FileId;
  readonly name: string;
  /** As CWMP writes it: `1 Firmware Upgrade Image`, or a vendor's own, `X <OUI> ...`. */
  readonly kind: string;
  /** Of the software that is in it. */
  readonly version?: string;
  /** Which devices it is for; what is left out does not matter. */
  readonly target: FileTarget;
  /** The device that it came from; left out for one that a manager gave. */
  readonly device?: DeviceKey;
  readonly bytes: number;
  /** Both hexadecimal; MD5 is for old devices alone. */
  readonly sha256: string;
  readonly md5: string;
  readonly addedAt: number;
}

export interface FileTarget {
  readonly manufacturer?: string;
  readonly oui?: string;
  readonly productClass?: string;
}

export type NewFile = Pick<FileRecord, "name" | "kind" | "version" | "target" | "device"> & {
  /** What whoever gives the file found; another content is refused. */
  readonly expected?: { readonly bytes?: number; readonly sha256?: string };
};

/** Bytes `from` to before `to`. */
export interface ByteSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * `too-large`: longer than a file may be; `full`: longer than there is room for; `too-many`: there are as many as may be;
 * `bad-name`: see {@link isFileName}; `not-as-expected`: the content is not the one that was announced.
 */
export type FileRefusal = "too-large" | "full" | "too-many" | "bad-name" | "not-as-expected";

export type AddFileResult =
  | { readonly type: "added"; readonly file: FileRecord }
  | { readonly type: "refused"; readonly reason: FileRefusal };

/**
 * Files for devices and from them. A file never changes: it is added whole and removed whole. Names are data, they lead
 * nowhere.
 */
export interface FileStore {
  /**
   * Takes the content as it comes, never all of it at once, and resolves once it is on disk: what was added survives the
   * loss of power. Where it is refused, or `content` fails, with which it then rejects, nothing of it stays.
   */
  add(file: NewFile, content: AsyncIterable<Uint8Array>): Promise<AddFileResult>;
  file(id: FileId): Promise<FileRecord | undefined>;
  /** The oldest first. */
  files(): Promise<readonly FileRecord[]>;
  /**
   * The bytes of the span, all of them without one, in pieces. A file that is removed meanwhile is read to its end, unless
   * no piece is taken for ten minutes; one that is not there rejects with {@link FileGoneError}.
   */
  read(id: FileId, span?: ByteSpan): AsyncIterable<Uint8Array>;
  /** False where there is none. Once resolved, it does not come back. */
  remove(id: FileId): Promise<boolean>;
}

export class FileGoneError extends Error {
  override readonly name = "FileGoneError";
  readonly code = "E_FILE_GONE";
  constructor(id: FileId, options?: ErrorOptions) {
    super(`there is no file ${id}`, options);
  }
}

const MAX_NAME_CHARS = 128;

/** One part of a path, without what a header or a terminal would take for something else. */
export function isFileName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_NAME_CHARS && !/^\.{1,2}$|[/\\\p{C}\p{Zl}\p{Zp}]/u.test(name);
}

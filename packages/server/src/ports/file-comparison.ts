import type { FileId } from "./files.ts";

/** How two files differ. */
export type FileComparison =
  | { readonly type: "same" }
  | {
      readonly type: "text";
      /** Lines that only the later one has, and lines that only the earlier one had. */
      readonly added: number;
      readonly removed: number;
      /** As `diff -u` writes it. */
      readonly unified: string;
    }
  /** At least one is no text, or they are too long, or too different, to be compared line by line. */
  | { readonly type: "opaque" };

/** Tells how files of ours differ. What they hold may be secret: it goes to whoever asks, and nowhere else. */
export interface FileComparer {
  /** Rejects with {@link FileGoneError} where one of them is not there. */
  compare(earlier: FileId, later: FileId): Promise<FileComparison>;
}

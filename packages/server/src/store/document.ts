import type { Brand } from "@heliograph/protocol";

/** The JSON text of a `T`, written by this program alone: what is read back needs no second check. */
export type Document<T> = Brand<string, "Document"> & { readonly holds?: T };

export function writeDocument<T>(value: T): Document<T> {
  return JSON.stringify(value) as Document<T>;
}

export function readDocument<T>(document: Document<T>): T;
export function readDocument(document: string): unknown {
  const value: unknown = JSON.parse(document);
  return value;
}

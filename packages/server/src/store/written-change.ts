import type { ParameterValues } from "@heliograph/protocol";
import type { ChangeOf, Changes, ChangeType } from "../ports/index.ts";
import { readDocument, writeDocument, type Document } from "./document.ts";

/** Changes as they come to where they are made: an Inform's parameters are the text that is stored, which hardly anybody reads. */
export type WrittenChanges = { readonly [T in ChangeType]: Written<Changes[T]["change"]> };

type Written<C> = C extends { readonly parameters: ParameterValues }
  ? Omit<C, "parameters"> & { readonly parameters: Document<ParameterValues> }
  : C;

/** One change on its way to where it is made. */
export interface AskedChange<T extends ChangeType = ChangeType> {
  readonly type: T;
  /** All but the parameters of an Inform. */
  readonly change: Document<Omit<ChangeOf<T>, "parameters">>;
  readonly parameters?: Document<ParameterValues>;
}

export function writeChange<T extends ChangeType>(type: T, change: ChangeOf<T>): AskedChange {
  if (!("parameters" in change)) return { type, change: writeDocument(change) };
  const { parameters, ...rest } = change;
  return { type, change: writeDocument(rest), parameters: writeParameters(parameters) };
}

export function readChange<T extends ChangeType>(asked: AskedChange<T>): WrittenChanges[T];
export function readChange({ change, parameters }: AskedChange): unknown {
  const rest = readDocument(change);
  return parameters === undefined ? rest : { ...rest, parameters };
}

/** Most Informs have the very parameters of the one before. */
const known = new WeakMap<ParameterValues, Document<ParameterValues>>();

function writeParameters(parameters: ParameterValues): Document<ParameterValues> {
  const found = known.get(parameters);
  if (found !== undefined) return found;
  const document = writeDocument(parameters);
  known.set(parameters, document);
  return document;
}

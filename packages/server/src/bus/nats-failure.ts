import {
  asError,
  StoreBusyError,
  StoreClosedError,
  StoreFailedError,
  StoreFullError,
} from "../ports/index.ts";

/** How deep the causes of an error are told. */
const MAX_CAUSES = 4;

/** Those whose class says more than their message: what a manager is told hangs on it. */
const KNOWN = [StoreBusyError, StoreClosedError, StoreFailedError, StoreFullError];

/** Why whoever was asked failed, for the journey. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly cause?: Failure;
}

export function failureOf(thrown: unknown, depth = 0): Failure {
  const { name, message, cause } = asError(thrown);
  if (cause === undefined || depth === MAX_CAUSES) return { name, message };
  return { name, message, cause: failureOf(cause, depth + 1) };
}

/** The error again, of its class where that is known. */
export function errorOf({ name, message, cause }: Failure): Error {
  const options = cause === undefined ? undefined : { cause: errorOf(cause) };
  const error = new (KNOWN.find((known) => known.name === name) ?? Error)(message, options);
  // The name of a class of ours is its own; that of a stranger's error is all that is left of it.
  return error.name === name ? error : Object.assign(error, { name });
}

/** Whoever answered may be a stranger: what is no failure fails all the same. */
export function readFailure(value: unknown): Failure {
  if (typeof value !== "object" || value === null) return { name: "Error", message: String(value) };
  const { name, message, cause }: Partial<Record<string, unknown>> = { ...value };
  return {
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : "no reason was given",
    ...(cause === undefined ? {} : { cause: readFailure(cause) }),
  };
}

import { NoReplyError } from "@heliograph/testkit";

/** Whether the connection broke, or could not be made. */
export function isBroken(error: unknown): error is Error {
  if (error instanceof NoReplyError) return true;
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  return code === "ECONNREFUSED" || code === "ECONNRESET" || code === "EPIPE";
}

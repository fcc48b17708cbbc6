import { faultText } from "@heliograph/protocol";
import type { TokenId } from "@heliograph/protocol";
import type { ConnectionEffect, OpenConnection } from "./connection.ts";

/** A request of the device is being served. */
export function serve(open: OpenConnection, id: TokenId | undefined): OpenConnection {
  return count(open, id, 1);
}

/** One that was being served no longer is. */
export function served(open: OpenConnection, id: TokenId | undefined): OpenConnection {
  return count(open, id, -1);
}

/** A fault of the ACS; where no answer is wanted, nothing. */
export function fault(
  id: TokenId | null | undefined,
  { code, message = faultText(code) }: { readonly code: number; readonly message?: string },
): readonly ConnectionEffect[] {
  return id === undefined ? [] : [{ type: "fault", id, fault: { code, message } }];
}

/** It could not be stored now. */
export function retryLater(id: TokenId | undefined): readonly ConnectionEffect[] {
  return fault(id, { code: 8005 });
}

/** What is to be done where an engine answered, at last. */
export function engineFound({ orphaned }: OpenConnection): readonly ConnectionEffect[] {
  return orphaned ? [{ type: "engine-found" }] : [];
}

/** What is to be done where none did. */
export function engineMissing({ orphaned }: OpenConnection): readonly ConnectionEffect[] {
  return orphaned ? [] : [{ type: "await-engine" }];
}

function count(open: OpenConnection, id: TokenId | undefined, by: number): OpenConnection {
  return id === undefined
    ? { ...open, streaming: open.streaming + by }
    : { ...open, serving: open.serving + by };
}

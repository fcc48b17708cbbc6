import type { OperationId } from "./ids.ts";

/** What a link opens: one thing, for one transfer, for a while. */
export interface FileGrant {
  /** What stands in the URL before the token, such as `files/<id>`. */
  readonly scope: string;
  readonly transfer: OperationId;
  readonly expiresAt: number;
}

/** Tokens of links to files. They say nothing of the device, and are short: a URL of CWMP has 256 characters at most. */
export interface FileLinks {
  /** Good in a path as it is. */
  mint(grant: FileGrant): string;
  /** Undefined for a token of another scope, one that has expired by `now`, and one that is not ours. */
  verify(token: string, scope: string, now: number): FileGrant | undefined;
}

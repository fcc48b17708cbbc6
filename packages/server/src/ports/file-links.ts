import type { FileId } from "./files.ts";
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
  /** The password by which a device gets at this for this transfer, where its link has no token; always the same one. */
  passwordOf(scope: string, transfer: OperationId): string;
}

/** What a link of a transfer is made for. */
export interface TransferLink {
  readonly transfer: OperationId;
  readonly expiresAt: number;
  /** The ACS as the device says that it reaches it; undefined where it has not said. */
  readonly deviceAcsUrl: string | undefined;
  /** Whether the device is let in by a user name and a password, in place of a token in the URL. */
  readonly byLogin: boolean;
}

/** What a call tells a device of where its file is. */
export interface TransferAddress {
  readonly url: string;
  /** Made for this transfer. */
  readonly login?: { readonly username: string; readonly password: string };
}

/** The addresses that devices are given. */
export interface TransferUrls {
  /** Undefined where the file is gone. */
  download(link: TransferLink & { readonly file: FileId }): Promise<TransferAddress | undefined>;
  upload(link: TransferLink): TransferAddress;
}

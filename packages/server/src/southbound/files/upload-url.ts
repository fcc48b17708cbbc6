import type { FileLinks, OperationId } from "../../ports/index.ts";

/** Where devices put their files, before what names one of the transfers. */
export const UPLOADS_PATH = "/uploads/";

export interface UploadLink {
  /** The ACS as the device reaches it. */
  readonly acsUrl: string;
  readonly transfer: OperationId;
  readonly expiresAt: number;
}

/** Where one device puts the file of one transfer, for as long as that lasts. */
export function uploadUrl(links: FileLinks, { acsUrl, transfer, expiresAt }: UploadLink): string {
  const token = links.mint({ scope: uploadScopeOf(transfer), transfer, expiresAt });
  return new URL(`${UPLOADS_PATH}${transfer}/${token}`, acsUrl).href;
}

/** The same for a device that logs in: it takes nothing by itself. */
export function uploadLoginUrl({ acsUrl, transfer }: Omit<UploadLink, "expiresAt">): string {
  return new URL(`${UPLOADS_PATH}${transfer}`, acsUrl).href;
}

/** What a link for the upload of this transfer opens. */
export function uploadScopeOf(transfer: OperationId): string {
  return `uploads/${transfer}`;
}

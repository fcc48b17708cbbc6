import type { FileId, FileLinks, FileRecord, OperationId } from "../../ports/index.ts";

/** Where files are served, before what names one of them. */
export const FILES_PATH = "/files/";

/** A URL of CWMP has so many characters at most [CWMP 1.4 schema, Download]. */
const MAX_URL_CHARS = 256;

export interface FileLink {
  /** The ACS as the device reaches it. */
  readonly acsUrl: string;
  readonly file: Pick<FileRecord, "id" | "name">;
  readonly transfer: OperationId;
  readonly expiresAt: number;
}

/**
 * Where one device gets one file, for as long as the transfer lasts. The name stands at its end for devices that look for it
 * there, with its spaces encoded [QUIRKS-TRANSFER-63]; where it would make the URL too long, it is left out.
 */
export function fileUrl(links: FileLinks, link: FileLink): string {
  const { file, transfer, expiresAt } = link;
  return urlBelow(links.mint({ scope: scopeOf(file.id), transfer, expiresAt }), link);
}

/** The same for a device that logs in: it opens nothing by itself. */
export function fileLoginUrl(link: Omit<FileLink, "expiresAt">): string {
  return urlBelow(link.transfer, link);
}

function urlBelow(token: string, { acsUrl, file }: Pick<FileLink, "acsUrl" | "file">): string {
  const start = new URL(`${FILES_PATH}${file.id}/${token}/`, acsUrl).href;
  const whole = start + encodeURIComponent(file.name);
  return whole.length <= MAX_URL_CHARS ? whole : `${start}file`;
}

/** What a link to this file opens. */
export function scopeOf(file: FileId): string {
  return `files/${file}`;
}

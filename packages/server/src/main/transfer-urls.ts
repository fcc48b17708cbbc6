import type { FileLinks, FileStore, TransferAddress, TransferLink, TransferUrls } from "../ports/index.ts";
import { fileLoginUrl, fileUrl, scopeOf } from "../southbound/files/file-url.ts";
import { uploadLoginUrl, uploadScopeOf, uploadUrl } from "../southbound/files/upload-url.ts";

export interface UrlSources {
  readonly files: Pick<FileStore, "file">;
  readonly links: FileLinks;
  /** What devices are told, where that is set. */
  readonly publicUrl: string | undefined;
  /** Where this machine is reached; asked for only once it listens. */
  readonly ownUrl: () => string;
}

/** URLs below the ACS as the settings have it, else as the device itself says that it reaches it, else as we listen. */
export function transferUrls({ files, links, publicUrl, ownUrl }: UrlSources): TransferUrls {
  const acsUrlFor = ({ deviceAcsUrl }: TransferLink): string =>
    publicUrl ?? httpUrl(deviceAcsUrl) ?? ownUrl();
  return {
    async download(link) {
      const file = await files.file(link.file);
      if (file === undefined) return undefined;
      const at = { ...link, file, acsUrl: acsUrlFor(link) };
      if (!link.byLogin) return { url: fileUrl(links, at) };
      return { url: fileLoginUrl(at), login: loginFor(links, scopeOf(file.id), link) };
    },
    upload(link) {
      const at = { ...link, acsUrl: acsUrlFor(link) };
      if (!link.byLogin) return { url: uploadUrl(links, at) };
      return { url: uploadLoginUrl(at), login: loginFor(links, uploadScopeOf(link.transfer), link) };
    },
  };
}

/** Never one of the device's own: who reads it gets at this file, for as long as the transfer goes on, and at nothing else. */
function loginFor(
  links: FileLinks,
  scope: string,
  { transfer }: TransferLink,
): NonNullable<TransferAddress["login"]> {
  return { username: transfer, password: links.passwordOf(scope, transfer) };
}

function httpUrl(text: string | undefined): string | undefined {
  const url = text === undefined ? null : URL.parse(text);
  return url?.protocol === "http:" || url?.protocol === "https:" ? url.href : undefined;
}
